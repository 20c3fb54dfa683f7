//! What clients of OpenRosa are answered: XML, with words for whoever holds the phone. Collect shows them as they are, so that they
//! stand here and not in the app.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    problem::Code,
    questionnaire::{submission::SubmissionError, xform::escape},
};

use crate::error::Error;

const XML: HeaderValue = HeaderValue::from_static("text/xml; charset=utf-8");
/// Whoever asks is told by which passwords one comes in.
const REALM: HeaderValue = HeaderValue::from_static("Basic realm=\"zoufang\", charset=\"UTF-8\"");

/// Why a request at the door is not done.
#[derive(Debug)]
pub enum Refusal {
    /// The door is closed.
    Closed,
    /// In the clear, over a line that others can read.
    InTheClear,
    /// No login and password for the door, or wrong ones.
    Unknown,
    /// The role does not record, or the account has no unit to record for.
    NotForYou,
    NoCampaign,
    /// No such form, version or file.
    NotFound,
    /// The form's own version is not one that was published here.
    UnknownVersion,
    NotMultipart,
    Malformed,
    /// No part `xml_submission_file`, or several.
    NoRecord,
    NotXml,
    /// Neither what this form's XForm makes nor anything that could be read by it.
    NotOfTheForm(SubmissionError),
    TooLarge,
    /// A name of a file that could be a path, or is too long.
    FileName,
    /// The same `instanceID` came from another account.
    Foreign,
    /// The same `instanceID` came with another record, or a file of this name with other bytes.
    Changed,
    /// It takes the place of a record of this form that never came.
    NothingToReplace,
    /// It takes the place of a record that was destroyed.
    Destroyed,
    Other(Error),
}

impl<E: Into<Error>> From<E> for Refusal {
    fn from(cause: E) -> Self {
        Self::Other(cause.into())
    }
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::Closed | Self::InTheClear | Self::NotForYou => StatusCode::FORBIDDEN,
            Self::Unknown => StatusCode::UNAUTHORIZED,
            Self::NotFound | Self::UnknownVersion => StatusCode::NOT_FOUND,
            Self::NotMultipart => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Malformed | Self::NoRecord | Self::NotXml | Self::FileName => StatusCode::BAD_REQUEST,
            Self::NoCampaign | Self::Foreign | Self::Changed | Self::NothingToReplace | Self::Destroyed => {
                StatusCode::CONFLICT
            }
            Self::NotOfTheForm(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Other(cause) => {
                StatusCode::from_u16(cause.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    fn words(&self) -> String {
        let words = match self {
            Self::Closed => "这里没有开通 ODK Collect 接入，请联系综合办公室。答卷还在手机上，没有丢。",
            Self::InTheClear => "只在加密的连接上接收，请把服务器地址改成 https:// 开头。",
            Self::Unknown => "账号或接入密码不对。接入密码由综合办公室生成，不是登录密码。",
            Self::NotForYou => "这个账号不能记录走访，请联系综合办公室。",
            Self::NoCampaign => "还没有设好走访活动，请联系综合办公室。答卷还在手机上，没有丢。",
            Self::NotFound => "这里没有这份问卷或文件，请在手机上刷新问卷列表。",
            Self::UnknownVersion => {
                "这里没有这份问卷的这个版本，没有收下。答卷还在手机上，没有丢，请联系综合办公室。"
            }
            Self::NotMultipart | Self::Malformed => "送来的内容不完整，没有收下，请再送一次。",
            Self::NoRecord => "没有收到答卷（xml_submission_file），或收到了不止一份。",
            Self::NotXml => "答卷不是可以读的 XML，没有收下。",
            Self::NotOfTheForm(cause) => return not_of_the_form(cause),
            Self::TooLarge => "答卷或附件太大，没有收下。",
            Self::FileName => "附件的文件名不能用，没有收下。",
            Self::Foreign => "这份答卷已由另一个账号送来过，没有再收。",
            Self::Changed => "这份答卷以前送来过，内容和这次的不一样，没有收下这次的。请新填一份。",
            Self::NothingToReplace => {
                "改的是哪一份，这里没有收到过，没有收下。请先送原来那一份，再送改过的。答卷还在手机上，没有丢。"
            }
            Self::Destroyed => "原来那一份已经按规定删除，改过的没有收下。",
            Self::Other(cause) => match cause.code() {
                Code::SlowDown => "试的次数太多，请过一会儿再试。",
                Code::DiskFull => "服务器的磁盘满了，没有收下。答卷还在手机上，没有丢，请联系系统管理员。",
                Code::Busy => "服务器正忙，请过一会儿再试。",
                Code::TooLarge => "答卷或附件太大，没有收下。",
                _ => "服务器出了错，没有收下。答卷还在手机上，没有丢，请过一会儿再试。",
            },
        };
        words.to_owned()
    }
}

fn not_of_the_form(cause: &SubmissionError) -> String {
    match cause {
        SubmissionError::Encrypted => {
            "这里不收加密的答卷，请请综合办公室去掉问卷里的 public_key。".to_owned()
        }
        SubmissionError::NoForm => "答卷没有写明是哪份问卷，没有收下。".to_owned(),
        SubmissionError::NoInstanceId => "答卷没有编号（instanceID），没有收下。".to_owned(),
        SubmissionError::Mixed { path }
        | SubmissionError::Twice { path }
        | SubmissionError::NoText { path } => {
            format!("答卷和问卷对不上，没有收下。对不上的地方：{path}")
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, words) = (self.status(), self.words());
        let asks = matches!(self, Self::Unknown);
        // What is ours is logged there, and says when to come again.
        let mut response = match self {
            Self::Other(cause) => cause.into_response(),
            _ => StatusCode::OK.into_response(),
        };
        *response.status_mut() = status;
        *response.body_mut() = Body::from(message("submit_error", &words));
        response.headers_mut().insert(header::CONTENT_TYPE, XML);
        if asks {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, REALM);
        }
        response
    }
}

/// What a record that is durable is answered with; `more_follows` when further files of it are announced.
pub fn accepted(more_follows: bool) -> Response {
    let words = if more_follows { "已收到一部分，请接着送。" } else { "已收到。" };
    let mut response = document(message("submit_success", words));
    *response.status_mut() = StatusCode::CREATED;
    response
}

fn message(nature: &str, words: &str) -> String {
    let words = escape(words);
    format!(
        "<OpenRosaResponse xmlns=\"http://openrosa.org/http/response\" items=\"1\">\
         <message nature=\"{nature}\">{words}</message></OpenRosaResponse>"
    )
}

/// XML that is asked for.
pub fn document(xml: String) -> Response {
    let headers = [(header::CONTENT_TYPE, XML)];
    (headers, xml).into_response()
}

/// The header by which both sides say that they speak OpenRosa.
pub const VERSION: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-openrosa-version"), HeaderValue::from_static("1.0"));
