// Loads what this person needs: the phone's screens, or the desk's, which hold the phone's too.
let desk = /^\/(first-accounts|welcome|access)/.test(location.pathname);
try {
  desk ||= localStorage.getItem("desk") === "1";
} catch {
  // Storage may be switched off; the phone's screens then send a desk on by themselves.
}
// Without a network a desk's screens cannot be had; the phone's say so.
const load = (desk) => {
  if (!desk) return import("/phone.js");
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/desk.css" }));
  return import("/desk.js").catch(() => load(false));
};
load(desk);
