//! Words of the phone's lock.

pub struct LockText {
    pub unlock: &'static str,
    pub hint: &'static str,
    pub pin: &'static str,
    pub wrong: fn(left_n: u32) -> String,
    pub wait: fn(seconds: u64) -> String,
    pub void_hint: &'static str,
    pub forgotten: &'static str,
    pub another: &'static str,
    pub choose: &'static str,
    pub choose_hint: &'static str,
    pub choose_anew: &'static str,
    pub choose_anew_hint: &'static str,
    pub new_pin: &'static str,
    pub pin_again: &'static str,
    pub keep: &'static str,
    pub short: &'static str,
    pub plain: &'static str,
    pub differ: &'static str,
    pub unable: &'static str,
}

pub static ZH: LockText = LockText {
    unlock: "解锁",
    hint: "您记下的内容在这台手机上是加密的。",
    pin: "解锁口令",
    wrong: |left_n| format!("口令不对。再错 {left_n} 次，这个口令就作废，要用登录密码重设；记录不会丢。"),
    wait: |seconds| format!("请等 {seconds} 秒再试。"),
    void_hint: "口令错了太多次，已经作废。用登录密码重设一个，记录都在。",
    forgotten: "忘了解锁口令",
    another: "换人登录",
    choose: "设一个解锁口令",
    choose_hint: "以后每次打开都要输入。手机丢了，别人也看不到您记的内容。",
    choose_anew: "重设解锁口令",
    choose_anew_hint: "需要网络。用登录密码重设，没送出的记录都在。",
    new_pin: "新的解锁口令（至少 6 位）",
    pin_again: "再输一遍",
    keep: "设好了",
    short: "至少要 6 位。",
    plain: "太好猜了，不要用 111111、123456 这样的。",
    differ: "两遍不一样。",
    unable: "手机内存不够，关掉别的应用再试。",
};

pub static EN: LockText = LockText {
    unlock: "Unlock",
    hint: "What you recorded rests encrypted on this phone.",
    pin: "PIN",
    wrong: |left_n| {
        format!(
            "That is not the PIN. After {left_n} more wrong tries it no longer works, and a new one takes your password; no record is lost."
        )
    },
    wait: |seconds| format!("Wait {seconds} s before you try again."),
    void_hint: "There were too many wrong PINs. Choose a new one with your password; all records are there.",
    forgotten: "I forgot the PIN",
    another: "Someone else signs in",
    choose: "Choose a PIN",
    choose_hint: "It is asked for whenever the app opens. Whoever finds this phone then cannot read what you recorded.",
    choose_anew: "Choose a new PIN",
    choose_anew_hint: "This needs a network. It takes your password; what was not sent is still there.",
    new_pin: "New PIN (at least 6 characters)",
    pin_again: "Once more",
    keep: "Done",
    short: "At least 6 characters.",
    plain: "Too easy to guess: nothing like 111111 or 123456.",
    differ: "The two differ.",
    unable: "There is not enough memory. Close other apps and try again.",
};
