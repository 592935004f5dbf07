internal import Console
internal import Glibc
internal import Markup
internal import Settings
internal import System
internal import Text

/// The machine: bash, systemd, the terminal, the library for Markdown.
extension Doctor {
  mutating func examineMachine() {
    if find("bash") == nil {
      add(
        .error, "bash", "bash is not installed", mend: "install the package bash: pipelines are written in it"
      )
    }
    if clock.now() < Timestamp(milliseconds: 1_735_689_600_000) {
      add(.error, "clock", "the clock says \(clock.now())", mend: "set it; see 'timedatectl'")
    }
    examineSystemd()
    examineLocale()
    examineMarkdown()
  }

  private mutating func examineMarkdown() {
    guard let reason = Markdown.unavailable else {
      return add(.ok, "markdown", "agents' Markdown can be made into each platform's own form")
    }
    add(
      .warning, "markdown",
      "Markdown goes out as it is written, because libcmark-gfm cannot be used: \(displayEscaped(reason))",
      mend: "install libcmark-gfm-extensions; in Debian 12 it is libcmark-gfm-extensions0.29.0.gfm.6")
  }

  private mutating func examineSystemd() {
    guard access("/run/systemd/system", F_OK) == 0 else {
      add(
        .note, "systemd", "systemd does not run here",
        mend: "'agim start NAME --bg' keeps a pipeline running until the machine stops")
      return
    }
    let user = UserName.current
    if geteuid() == 0 || access("/var/lib/systemd/linger/\(user)", F_OK) == 0 {
      add(.ok, "systemd", "systemd can keep pipelines running: 'systemctl enable --now agim@NAME'")
    } else {
      add(
        .note, "systemd", "user units of \(Shown.quoted(user)) end when the last session does",
        mend: "'loginctl enable-linger' if agim@NAME runs as one")
    }
  }

  private mutating func examineLocale() {
    let name = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { variables[$0] }.first { !$0.isEmpty } ?? ""
    let letters = name.utf8.map { $0 | 0x20 }
    let isUTF8 = ["utf-8", "utf8"].contains { ending in
      letters.split(separator: UInt8(ascii: ".")).dropFirst().contains {
        $0.starts(with: ending.utf8.map { $0 | 0x20 })
      }
    }
    if isUTF8 {
      add(.ok, "locale", "the terminal's locale is \(Shown.quoted(name))")
    } else {
      add(
        .warning, "locale",
        name.isEmpty ? "no locale is set" : "the locale \(Shown.quoted(name)) is not UTF-8",
        mend: "export LANG=C.UTF-8: what agim prints is UTF-8 always")
    }
  }
}

private enum UserName {
  static var current: String {
    guard let record = getpwuid(geteuid()), let name = record.pointee.pw_name else { return "\(geteuid())" }
    return String(cString: name)
  }
}
