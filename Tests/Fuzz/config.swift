// Checks that whatever config.json and env hold gives settings or a failure that says where. Built by
// build-config.sh against the modules, because libFuzzer brings its own main function.

import Console
import Settings

/// Ends the process so that libFuzzer keeps the input.
private func demand(_ condition: Bool, _ rule: StaticString) {
  precondition(condition, "broken rule: \(rule)")
}

/// Feeds one input: its first byte says which of the two files it is.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzConfig(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let isConfig = bytes.first != UInt8(ascii: "#")
  let home = Home(path: "/h")
  let environment = ["HOME": "/home/me"]
  do {
    let settings = try Settings.parse(
      config: isConfig ? bytes : nil, env: isConfig ? nil : bytes, home: home, environment: environment)
    check(settings)
  } catch let failure as Failure {
    check(failure, prefix: isConfig ? "config.json:" : "env:", lines: bytes.count { $0 == 0x0A } + 1)
  } catch {
    demand(false, "every error is a Failure")
  }
  return 0
}

private func check(_ settings: Settings) {
  demand(settings.keep.inbox >= .seconds(7 * 86_400), "ids are recognised for seven days")
  demand((1...256).contains(settings.limits.jobs), "at least one job")
  for (name, agent) in settings.agents {
    demand(agent.name == name && !agent.driver.isEmpty, "an agent has a driver")
    demand(agent.command?.first?.isEmpty != true && agent.command?.isEmpty != true, "a command has a program")
    demand(agent.workdir?.utf8.first != UInt8(ascii: "~"), "a work directory is absolute")
    for word in agent.command ?? [] { demand(!word.utf8.contains(0), "no argument holds a NUL") }
  }
  for account in settings.accounts {
    let found = settings.account(account.platform, account.account)
    demand(found?.key.utf8.elementsEqual(account.key.utf8) == true, "an account is found by its name")
    for (key, _) in account.values.members { _ = try? account.credential(key) }
    _ = try? account.check(known: ["app_id", "secret"])
  }
}

private func check(_ failure: Failure, prefix: String, lines: Int) {
  demand(failure.code == .configuration, "the status is 78")
  demand(failure.description.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "a message is one plain line")
  guard failure.message.utf8.starts(with: prefix.utf8) else {
    // These two speak of the environment, where AGIM_LANGUAGE and AGIM_DEFAULT_AGENT may also come from.
    let isKnown = failure.message.hasSuffix("agim-cli") || failure.message.hasPrefix("AGIM_")
    return demand(isKnown, "a failure says where")
  }
  let line = failure.message.utf8.dropFirst(prefix.utf8.count).prefix { $0 != UInt8(ascii: ":") }
  demand(String(line).flatMap { Int($0) }.map { (1...lines).contains($0) } == true, "the line exists")
}
