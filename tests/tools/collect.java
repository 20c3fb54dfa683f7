// A client of OpenRosa that is not ours: `java -cp ODK_Validate.jar collect.java ADDRESS LOGIN PASSWORD FOLDER` does with every form at
// the door what ODK Collect does, by the protocol's documentation (docs.getodk.org/openrosa), with the engine of Collect itself,
// JavaRosa, which ODK Validate's jar carries: fetches the list, each form with its files, fills it in question after question, finalises
// it and sends it, twice. Then it edits a text and sends the record under another id, as `deprecatedID` says it, twice again.
//
// A line of JSON for each form: {"form", "answered": {path: answer}, "files": {name: sha256}, "statuses", "said", "record",
// "edited": {"answered", "statuses", "said"}}, or {"form", "failed"}; the form's XForm is kept as FOLDER/FORM.xml.

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.javarosa.core.model.Constants;
import org.javarosa.core.model.FormDef;
import org.javarosa.core.model.FormIndex;
import org.javarosa.core.model.RangeQuestion;
import org.javarosa.core.model.SelectChoice;
import org.javarosa.core.model.actions.setgeopoint.SetGeopointAction;
import org.javarosa.core.model.actions.setgeopoint.SetGeopointActionHandler;
import org.javarosa.core.model.condition.EvaluationContext;
import org.javarosa.core.model.condition.IFunctionHandler;
import org.javarosa.core.model.data.AnswerDataFactory;
import org.javarosa.core.model.data.IAnswerData;
import org.javarosa.core.model.data.MultipleItemsData;
import org.javarosa.core.model.data.SelectMultiData;
import org.javarosa.core.model.data.SelectOneData;
import org.javarosa.core.model.data.StringData;
import org.javarosa.core.model.data.UncastData;
import org.javarosa.core.model.data.helper.Selection;
import org.javarosa.core.model.instance.InstanceInitializationFactory;
import org.javarosa.core.model.instance.TreeReference;
import org.javarosa.core.reference.PrefixedRootFactory;
import org.javarosa.core.reference.Reference;
import org.javarosa.core.reference.ReferenceManager;
import org.javarosa.core.services.IPropertyManager;
import org.javarosa.core.services.PropertyManager;
import org.javarosa.core.services.properties.IPropertyRules;
import org.javarosa.core.services.transport.payload.ByteArrayPayload;
import org.javarosa.form.api.FormEntryController;
import org.javarosa.form.api.FormEntryModel;
import org.javarosa.form.api.FormEntryPrompt;
import org.javarosa.model.xform.XFormSerializingVisitor;
import org.javarosa.model.xform.XFormsModule;
import org.javarosa.xform.parse.XFormParser;
import org.javarosa.xform.util.XFormUtils;
import org.javarosa.xpath.expr.XPathFuncExpr;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class Collect {
    static final int TURNS = 2;
    // Tried one after the other until one keeps the question's constraint.
    static final String[] TEXTS = {"李家坳<&>\"问\"", "abc", "13800000000", "ABC123", "a@example.org", "no", "x", "12345678"};
    static final String[] NUMBERS = {"3", "1", "2", "0", "12", "20", "40", "70", "100", "1000", "-1"};
    static final String[] DECIMALS = {"2.5", "0.5", "1", "36.6", "100.25", "-1.5"};
    static final String[] DATES = {"2026-11-20", "2000-02-29", "2030-01-01", "1950-05-05"};
    static final String PLACE = "29.1 107.2 300.0 4.5";
    static final String LINE = PLACE + "; 29.2 107.3 301.0 4.5; 29.3 107.2 302.0 4.5";
    static final ObjectMapper JSON = new ObjectMapper();

    final String address;
    final String credentials;
    final Path folder;
    final HttpClient http = HttpClient.newHttpClient();

    Collect(String address, String login, String password, Path folder) {
        this.address = address;
        byte[] pair = (login + ":" + password).getBytes(StandardCharsets.UTF_8);
        credentials = "Basic " + Base64.getEncoder().encodeToString(pair);
        this.folder = folder;
    }

    public static void main(String[] args) throws Exception {
        new XFormsModule().registerModule();
        XFormParser.registerActionHandler(SetGeopointActionHandler.ELEMENT_NAME, new Located());
        PropertyManager.setPropertyManager(new Phone());
        Path folder = Path.of(args[3]);
        ReferenceManager.instance().addReferenceFactory(new Fetched(folder));
        new Collect(args[0], args[1], args[2], folder).all();
    }

    /** What forms ask of the phone: `deviceid`, `username` and so on. */
    static class Phone implements IPropertyManager {
        public List<String> getProperty(String name) { return List.of("collect:" + name); }
        public String getSingularProperty(String name) { return "collect:" + name; }
        public void setProperty(String name, String value) {}
        public void setProperty(String name, List<String> values) {}
        public void addRules(IPropertyRules rules) { throw new UnsupportedOperationException(); }
        public List<IPropertyRules> getRules() { return List.of(); }
    }

    /** Where the phone is, which Collect puts into its engine. */
    static class Located extends SetGeopointActionHandler {
        @Override
        public SetGeopointAction getSetGeopointAction() {
            return new SetGeopointAction() {
                public void requestLocationUpdates() { saveLocationValue(PLACE); }
            };
        }
    }

    /** Files that forms read and show, where they were put. */
    static class Fetched extends PrefixedRootFactory {
        final Path folder;

        Fetched(Path folder) {
            super(new String[] {"file", "file-csv", "images", "audio", "video"});
            this.folder = folder;
        }

        @Override
        protected Reference factory(String terminal, String uri) {
            Path path = folder.resolve(terminal);
            return new Reference() {
                public boolean doesBinaryExist() { return Files.exists(path); }
                public InputStream getStream() throws IOException { return Files.newInputStream(path); }
                public String getURI() { return uri; }
                public String getLocalURI() { return path.toString(); }
                public boolean isReadOnly() { return true; }
                public OutputStream getOutputStream() { throw new UnsupportedOperationException(); }
                public void remove() { throw new UnsupportedOperationException(); }
                public Reference[] probeAlternativeReferences() { return new Reference[0]; }
            };
        }
    }

    // What is asked of the server.

    HttpRequest.Builder request(String url) {
        return HttpRequest.newBuilder(URI.create(url)).header("X-OpenRosa-Version", "1.0");
    }

    /** Credentials are given once they are asked for, as Collect does it, and only for Basic. */
    byte[] fetch(String url) throws Exception {
        HttpResponse<byte[]> asked = http.send(request(url).build(), HttpResponse.BodyHandlers.ofByteArray());
        String challenge = asked.headers().firstValue("WWW-Authenticate").orElse("");
        check(asked.statusCode() == 401 && challenge.startsWith("Basic "), url + " asks for no password: " + challenge);
        HttpRequest known = request(url).header("Authorization", credentials).build();
        HttpResponse<byte[]> got = http.send(known, HttpResponse.BodyHandlers.ofByteArray());
        String said = new String(got.body(), StandardCharsets.UTF_8);
        check(got.statusCode() == 200, url + " " + got.statusCode() + " " + said);
        check(got.headers().firstValue("X-OpenRosa-Version").isPresent(), url + " is no OpenRosa");
        return got.body();
    }

    void all() throws Exception {
        NodeList forms = read(fetch(address + "/formList"), "xform", "http://openrosa.org/xforms/xformsList");
        for (int i = 0; i < forms.getLength(); i++) {
            Element form = (Element) forms.item(i);
            Map<String, Object> said = new LinkedHashMap<>();
            said.put("form", text(form, "formID"));
            try {
                byte[] xml = fetch(text(form, "downloadUrl"));
                check(text(form, "hash").equals("md5:" + digest("MD5", xml)), "another md5 than the list says");
                fetchFiles(form);
                Path path = folder.resolve(text(form, "formID") + ".xml");
                Files.write(path, xml);
                fillAndSend(path, said);
            } catch (Exception cause) {
                said.put("failed", cause.toString());
                cause.printStackTrace();
            }
            System.out.write((JSON.writeValueAsString(said) + "\n").getBytes(StandardCharsets.UTF_8));
        }
    }

    void fetchFiles(Element form) throws Exception {
        String manifest = text(form, "manifestUrl");
        if (manifest == null) {
            return;
        }
        NodeList files = read(fetch(manifest), "mediaFile", "http://openrosa.org/xforms/xformsManifest");
        check(files.getLength() > 0, "a manifest without files");
        for (int i = 0; i < files.getLength(); i++) {
            Element file = (Element) files.item(i);
            byte[] bytes = fetch(text(file, "downloadUrl"));
            check(text(file, "hash").equals("md5:" + digest("MD5", bytes)), "another md5 than the manifest says");
            Files.write(folder.resolve(text(file, "filename")), bytes);
        }
    }

    /** Asks whether it may send, and sends twice: a status for each and what was said last. */
    Map<String, Object> send(byte[] record, Map<String, byte[]> files) throws Exception {
        String url = address + "/submission?deviceID=collect%3Atest";
        HttpRequest.Builder head = request(url).method("HEAD", HttpRequest.BodyPublishers.noBody());
        HttpRequest asked = head.header("Authorization", credentials).build();
        HttpResponse<Void> may = http.send(asked, HttpResponse.BodyHandlers.discarding());
        check(may.statusCode() == 204, "HEAD is answered by " + may.statusCode());
        String place = may.headers().firstValue("Location").orElse(url);
        long room = may.headers().firstValueAsLong("X-OpenRosa-Accept-Content-Length").orElse(10_000_000);
        String boundary = "----" + digest("MD5", record);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        part(body, boundary, "xml_submission_file", "record.xml", "text/xml", record);
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            part(body, boundary, file.getKey(), file.getKey(), "application/octet-stream", file.getValue());
        }
        body.writeBytes(("--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8));
        check(body.size() <= room, "too large to be sent at once");
        List<Integer> statuses = new ArrayList<>();
        String said = "";
        for (int i = 0; i < 2; i++) {
            HttpRequest.Builder post = request(place).POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()));
            post.header("Authorization", credentials);
            post.header("Content-Type", "multipart/form-data; boundary=" + boundary);
            HttpResponse<String> answer = http.send(post.build(), HttpResponse.BodyHandlers.ofString());
            statuses.add(answer.statusCode());
            said = answer.body();
        }
        Map<String, Object> sent = new LinkedHashMap<>();
        sent.put("statuses", statuses);
        sent.put("said", said);
        return sent;
    }

    static void part(ByteArrayOutputStream body, String boundary, String name, String file, String type, byte[] bytes) {
        String head = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"" + file
            + "\"\r\nContent-Type: " + type + "\r\nContent-Transfer-Encoding: binary\r\n\r\n";
        body.writeBytes(head.getBytes(StandardCharsets.UTF_8));
        body.writeBytes(bytes);
        body.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
    }

    // What is done with a form.

    FormEntryController form;
    Map<String, byte[]> files;
    List<FormIndex> answered;
    FormIndex lastText;

    void fillAndSend(Path path, Map<String, Object> said) throws Exception {
        FormDef def = XFormUtils.getFormFromFormXml(path.toString(), null);
        FormEntryModel model = new FormEntryModel(def);
        form = new FormEntryController(model);
        form.addFunctionHandler(new PullData(folder));
        def.initialize(true, new InstanceInitializationFactory());
        files = new LinkedHashMap<>();
        answered = new ArrayList<>();
        lastText = null;
        fill(model);
        byte[] record = finalised(def);
        said.put("record", new String(record, StandardCharsets.UTF_8));
        said.put("answered", standing(model));
        Map<String, String> hashes = new LinkedHashMap<>();
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            hashes.put(file.getKey(), digest("SHA-256", file.getValue()));
        }
        said.put("files", hashes);
        said.putAll(send(record, files));
        if (lastText != null) {
            said.put("edited", edit(def, model));
        }
    }

    void fill(FormEntryModel model) {
        form.jumpToIndex(FormIndex.createBeginningOfFormIndex());
        int event = form.stepToNextEvent();
        while (event != FormEntryController.EVENT_END_OF_FORM) {
            if (event == FormEntryController.EVENT_PROMPT_NEW_REPEAT) {
                if (model.getFormIndex().getElementMultiplicity() < TURNS) {
                    form.newRepeat();
                }
            } else if (event == FormEntryController.EVENT_QUESTION) {
                answer(model.getQuestionPrompt());
            }
            event = form.stepToNextEvent();
        }
    }

    /** What stands as answered: a calculation may have taken the place of an answer, or it is asked no more. */
    Map<String, String> standing(FormEntryModel model) {
        Map<String, String> all = new LinkedHashMap<>();
        for (FormIndex index : answered) {
            IAnswerData answer = model.getQuestionPrompt(index).getAnswerValue();
            if (answer != null && model.isIndexRelevant(index)) {
                all.put(path(index.getReference()), answer.uncast().getString());
            }
        }
        return all;
    }

    void answer(FormEntryPrompt prompt) {
        // Headings of tables are questions with nothing to answer.
        if (prompt.isReadOnly() || "label".equals(prompt.getAppearanceHint())) {
            return;
        }
        String path = path(prompt.getIndex().getReference());
        for (IAnswerData answer : proposals(prompt)) {
            if (form.answerQuestion(answer, true) == FormEntryController.ANSWER_OK) {
                answered.add(prompt.getIndex());
                boolean typed = prompt.getControlType() == Constants.CONTROL_INPUT;
                if (typed && prompt.getDataType() == Constants.DATATYPE_TEXT) {
                    lastText = prompt.getIndex();
                }
                return;
            }
        }
        check(!prompt.isRequired(), "nothing keeps the constraint of " + path);
        form.answerQuestion(null, true);
    }

    /** What may be answered to a question, by how it is asked. */
    List<IAnswerData> proposals(FormEntryPrompt prompt) {
        List<IAnswerData> all = new ArrayList<>();
        switch (prompt.getControlType()) {
            case Constants.CONTROL_SELECT_ONE -> {
                for (Selection it : selections(prompt)) {
                    all.add(new SelectOneData(it));
                }
            }
            case Constants.CONTROL_SELECT_MULTI -> {
                List<Selection> choices = selections(prompt);
                for (int n = Math.min(2, choices.size()); n > 0; n--) {
                    for (int first = 0; first + n <= choices.size(); first++) {
                        all.add(new SelectMultiData(choices.subList(first, first + n)));
                    }
                }
            }
            case Constants.CONTROL_RANK -> {
                List<Selection> choices = selections(prompt);
                Collections.reverse(choices);
                all.add(new MultipleItemsData(choices));
            }
            case Constants.CONTROL_TRIGGER -> all.add(new StringData("OK"));
            case Constants.CONTROL_UPLOAD, Constants.CONTROL_IMAGE_CHOOSE -> all.add(file(prompt, "jpg"));
            case Constants.CONTROL_AUDIO_CAPTURE -> all.add(file(prompt, "m4a"));
            case Constants.CONTROL_VIDEO_CAPTURE -> all.add(file(prompt, "mp4"));
            case Constants.CONTROL_FILE_CAPTURE, Constants.CONTROL_OSM_CAPTURE -> all.add(file(prompt, "pdf"));
            case Constants.CONTROL_RANGE -> {
                RangeQuestion range = (RangeQuestion) prompt.getQuestion();
                all.add(cast(prompt, range.getRangeStart().add(range.getRangeStep()).stripTrailingZeros().toPlainString()));
            }
            default -> {
                String[] texts = texts(prompt.getDataType());
                if (texts == TEXTS) {
                    // What is said here is said nowhere else.
                    all.add(cast(prompt, TEXTS[0] + answered.size()));
                }
                for (String text : texts) {
                    all.add(cast(prompt, text));
                }
            }
        }
        return all;
    }

    static List<Selection> selections(FormEntryPrompt prompt) {
        List<Selection> all = new ArrayList<>();
        for (SelectChoice it : prompt.getSelectChoices()) {
            all.add(it.selection());
        }
        return all;
    }

    static IAnswerData cast(FormEntryPrompt prompt, String text) {
        return AnswerDataFactory.templateByDataType(prompt.getDataType()).cast(new UncastData(text));
    }

    static String[] texts(int type) {
        return switch (type) {
            case Constants.DATATYPE_INTEGER, Constants.DATATYPE_LONG -> NUMBERS;
            case Constants.DATATYPE_DECIMAL -> DECIMALS;
            case Constants.DATATYPE_DATE -> DATES;
            case Constants.DATATYPE_TIME -> new String[] {"09:30:00.000+08:00"};
            case Constants.DATATYPE_DATE_TIME -> new String[] {"2026-11-20T09:30:00.000+08:00"};
            case Constants.DATATYPE_GEOPOINT -> new String[] {PLACE};
            case Constants.DATATYPE_GEOTRACE -> new String[] {LINE};
            case Constants.DATATYPE_GEOSHAPE -> new String[] {LINE + "; " + PLACE};
            case Constants.DATATYPE_BOOLEAN -> new String[] {"1"};
            default -> TEXTS;
        };
    }

    /** A file for a question that takes one: its name is the answer. */
    IAnswerData file(FormEntryPrompt prompt, String ending) {
        String name = "17000000" + files.size() + "." + ending;
        byte[] head = ending.equals("jpg") ? new byte[] {-1, -40, -1, -32, 0, 16} : new byte[] {'%', 'P', 'D', 'F', '-'};
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(head);
        bytes.writeBytes(path(prompt.getIndex().getReference()).getBytes(StandardCharsets.UTF_8));
        files.put(name, bytes.toByteArray());
        return new StringData(name);
    }

    /** The record as it is sent: what is not asked is not in it. */
    static byte[] finalised(FormDef def) throws Exception {
        var outcome = def.validate(true);
        check(outcome == null || outcome.outcome == FormEntryController.ANSWER_OK,
            "it does not validate: " + (outcome == null ? "" : outcome.failedPrompt.getReference()));
        def.postProcessInstance();
        var visitor = new XFormSerializingVisitor();
        ByteArrayPayload payload = (ByteArrayPayload) visitor.createSerializedPayload(def.getInstance());
        return payload.getPayloadStream().readAllBytes();
    }

    /** The record edited: another text, another id, and the id that it takes the place of (docs.getodk.org/openrosa-metadata). */
    Map<String, Object> edit(FormDef def, FormEntryModel model) throws Exception {
        form.jumpToIndex(lastText);
        IAnswerData before = model.getQuestionPrompt(lastText).getAnswerValue();
        IAnswerData after = new StringData((before == null ? "" : before.uncast().getString()) + "2");
        if (form.answerQuestion(after, true) != FormEntryController.ANSWER_OK) {
            form.answerQuestion(before, true);
        }
        String xml = new String(finalised(def), StandardCharsets.UTF_8);
        int at = xml.indexOf("instanceID>") + "instanceID>".length();
        String id = xml.substring(at, xml.indexOf('<', at));
        String tag = xml.substring(xml.lastIndexOf('<', at) + 1, at - 1);
        String old = tag.replace("instanceID", "deprecatedID");
        String edited = xml.replace(">" + id + "<", ">" + id + "-edited<");
        edited = edited.replace("</" + tag + ">", "</" + tag + "><" + old + ">" + id + "</" + old + ">");
        Map<String, Object> sent = send(edited.getBytes(StandardCharsets.UTF_8), files);
        sent.put("answered", standing(model));
        return sent;
    }

    /** `/person[2]/called[1]`: each element below the root by its name and its turn. */
    static String path(TreeReference reference) {
        StringBuilder path = new StringBuilder();
        for (int i = 1; i < reference.size(); i++) {
            path.append('/').append(reference.getName(i));
            path.append('[').append(reference.getMultiplicity(i) + 1).append(']');
        }
        return path.toString();
    }

    /** `pulldata(file, column, key column, key)`, which Collect adds to its engine (xlsform.org). */
    record PullData(Path folder) implements IFunctionHandler {
        public String getName() { return "pulldata"; }
        public List<Class[]> getPrototypes() { return new ArrayList<>(); }
        public boolean rawArgs() { return true; }
        public boolean realTime() { return false; }

        public Object eval(Object[] args, EvaluationContext context) {
            try {
                List<String> lines = Files.readAllLines(folder.resolve(args[0] + ".csv"));
                List<String> names = List.of(lines.get(0).split(","));
                for (String line : lines) {
                    String[] cells = line.split(",", -1);
                    if (cells[names.indexOf(args[2].toString())].equals(XPathFuncExpr.toString(args[3]))) {
                        return cells[names.indexOf(args[1].toString())];
                    }
                }
                return "";
            } catch (IOException cause) {
                throw new IllegalStateException(cause);
            }
        }
    }

    static NodeList read(byte[] xml, String name, String space) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        return factory.newDocumentBuilder().parse(new ByteArrayInputStream(xml)).getElementsByTagNameNS(space, name);
    }

    static String text(Element element, String name) {
        NodeList found = element.getElementsByTagNameNS("*", name);
        return found.getLength() == 0 ? null : found.item(0).getTextContent();
    }

    static String digest(String algorithm, byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
    }

    static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
