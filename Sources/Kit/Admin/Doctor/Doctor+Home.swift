internal import Console
internal import Glibc
internal import Settings

/// The home and what is configured in it.
extension Doctor {
  /// Whether there is a home.
  mutating func examineHome() -> Bool {
    var status = stat()
    guard stat(home.path, &status) == 0 else {
      if errno == ENOENT {
        add(
          .note, "home", "\(Shown.path(home.path)) does not exist yet",
          mend: "'agim setup' or the first command makes it")
      } else {
        add(
          .error, "home", "cannot look at \(Shown.path(home.path)): \(String(cString: strerror(errno)))",
          mend: "set AGIM_HOME to a directory of your own")
      }
      return false
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      add(
        .error, "home", "\(Shown.path(home.path)) is not a directory",
        mend: "move it away, or set AGIM_HOME to a directory")
      return false
    }
    do {
      try home.check()
      add(
        .ok, "home",
        "\(Shown.path(home.path)) is yours alone (mode \(String(status.st_mode & 0o777, radix: 8)))")
    } catch {
      let failure = error as? Failure
      add(.error, "home", failure?.message ?? "\(error)", mend: failure?.hint)
    }
    return true
  }

  /// Both files, each by itself, and keys that do nothing.
  mutating func examineConfiguration() {
    let faults = Settings.faults(home, environment: variables)
    for fault in faults {
      add(.error, "config", fault.message, mend: fault.hint ?? "see agim-config(5)")
    }
    guard faults.isEmpty else { return }
    let present = [home.config, home.env].filter { (path: String) in access(path, F_OK) == 0 }
    guard !present.isEmpty else {
      add(
        .note, "config", "there is no config.json: the defaults are in force", mend: "'agim setup' writes one"
      )
      return
    }
    for path in present {
      add(.ok, "config", "\(Shown.path(path)) can be read, and only by you")
    }
    guard let settings = try? Settings.load(home, environment: variables) else { return }
    let enabled = settings.accounts.filter(\.isEnabled)
    for account in enabled where account.platform != "inbox" {
      guard account.platform == "webhook" || ChatPlatform.of(account.platform) != nil else {
        add(
          .warning, "config", "account \(Shown.name(account.key)): this version has no \(account.platform)",
          mend: "say \"enabled\": false; 'agim-recv --all' does not start otherwise")
        continue
      }
      examineAccount(account)
    }
    examineModels(settings)
  }

  /// Room for the store.
  mutating func examineDisk() {
    var status = statvfs()
    guard statvfs(home.path, &status) == 0 else {
      add(.warning, "disk", "cannot ask how much room \(Shown.path(home.path)) has")
      return
    }
    let free = Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    let shown = Status.bytes(free)
    let mend = "make room: nothing is lost meanwhile, but nothing is accepted either"
    if status.f_flag & UInt(ST_RDONLY) != 0 {
      add(
        .error, "disk", "the file system of \(Shown.path(home.path)) is read-only", mend: "mount it writable")
    } else if free < 16 << 20 {
      add(.error, "disk", "\(Shown.path(home.path)) has \(shown) free", mend: mend)
    } else if free < 256 << 20 {
      add(.warning, "disk", "\(Shown.path(home.path)) has \(shown) free", mend: mend)
    } else {
      add(.ok, "disk", "\(Shown.path(home.path)) has \(shown) free")
    }
    if status.f_files > 0, status.f_favail < 100 {
      add(
        .error, "disk", "the file system of \(Shown.path(home.path)) has \(status.f_favail) inodes left",
        mend: "remove files")
    }
  }
}
