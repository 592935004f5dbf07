// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: the next language mode's import rules now, and no warnings.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
  .treatAllWarnings(as: .error),
  // Regular expressions come with an implicit import and cost every command a megabyte.
  .unsafeFlags(["-Xfrontend", "-disable-implicit-string-processing-module-import"]),
]

/// For what runs once an hour and not once a line: less code instead of faster code.
let small: [SwiftSetting] = [.unsafeFlags(["-Osize"], .when(configuration: .release))]

/// A command: options and wiring.
func command(_ name: String, _ dependencies: [String]) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies.map { .init(stringLiteral: $0) },
    path: "Sources/\(name)", swiftSettings: strict + small, linkerSettings: release)
}

/// Small binaries that start fast.
///
/// Only what is used, no exported symbols, no tables for unwinding, relative relocations packed (glibc 2.36), no
/// lazy binding, and none of what nothing asks for: names and ages of Unicode scalars, names of C++. What runs
/// at every start stands side by side (`packaging/startup-order`).
///
/// The linker is the toolchain's own lld. `packaging/build-release` puts what is linked statically into
/// `.build/static`, which is looked into first.
let release: [LinkerSetting] = [
  .unsafeFlags(
    [
      "-L\(Context.packageDirectory)/.build/static", "-use-ld=lld", "-Xclang-linker", "-static-libgcc",
      "-Xlinker", "\(Context.packageDirectory)/packaging/no-unwinding.ld", "-Xlinker", "--no-eh-frame-hdr",
      "-Xlinker", "--no-export-dynamic", "-Xlinker", "-z",
      "-Xlinker", "pack-relative-relocs", "-Xlinker", "-s", "-Xlinker", "--gc-sections", "-Xlinker",
      "--icf=all", "-Xlinker", "--symbol-ordering-file=\(Context.packageDirectory)/packaging/startup.order",
      "-Xlinker", "--no-warn-symbol-ordering", "-Xlinker", "-z",
      "-Xlinker", "now", "-Xlinker", "--defsym=_swift_stdlib_getScalarName=agim_no_scalar_name",
      "-Xlinker", "--defsym=_swift_stdlib_getAge=agim_no_age",
      "-Xlinker", "--defsym=__cxa_demangle=agim_no_demangling",
    ],
    .when(configuration: .release))
]

/// The platforms, each a target of its own that knows no other.
let messengers = ["Standard", "Inbox", "Job", "Replay", "Program", "File", "Tty"]
/// The chat platforms on the network: three targets each, so that agim-recv and agim-send carry only their own half.
let networkPlatforms: [String] = ["Email", "Feishu", "Telegram"]
/// Those that are only sent to: two targets each.
let pushPlatforms = ["Push"]
/// The agents, each a target of its own that knows no other.
let agents = ["ACP", "Claude", "Codex", "Exec", "OpenCode", "Print", "Remote", "Shell"]

/// What a platform, an agent or a command may use.
let common = ["JSON", "System", "Console", "Wire", "Settings", "Text", "Store", "Journal", "Stage"]
let platforms = common + ["Delivery"] + messengers.map { "Messenger\($0)" }
/// What a command needs of the platforms on the network.
func halves(_ part: String) -> [String] {
  (networkPlatforms + (part == "Messenger" ? pushPlatforms : [])).flatMap { ["\($0)Wire", "\($0)\(part)"] }
}
/// What a platform on the network may use besides.
let network = common + ["Delivery", "Crypto", "Network", "Web", "Requests", "Markup"]

/// What one half of a platform alone needs.
let platformLibraries = ["EmailSource": ["Mail"]]

/// A folder of `Sources/Kit`.
///
/// The groups and their order are in ARCHITECTURE.md; a test reads this file and checks that a target
/// depends only on groups to its left.
func kit(_ name: String, _ dependencies: [String] = [], isSmall: Bool = false) -> Target {
  .target(
    name: name, dependencies: dependencies.map { .init(stringLiteral: $0) },
    path: "Sources/Kit/\(name)", swiftSettings: strict + (isSmall ? small : []))
}

/// A platform on the network: what both halves share, what receives, and what sends.
func platformTargets(_ name: String) -> [Target] { platformTargets(name, ["Source", "Messenger"]) }

func platformTargets(_ name: String, _ halves: [String]) -> [Target] {
  func part(_ part: String, _ more: [String]) -> Target {
    .target(
      name: name + part, dependencies: (network + more).map { .init(stringLiteral: $0) },
      path: "Sources/Kit/Messengers/\(name)/\(part)", swiftSettings: strict + small)
  }
  return [part("Wire", [])]
    + halves.map { part($0, ["\(name)Wire"] + (platformLibraries["\(name)\($0)"] ?? [])) }
}

func tests(_ name: String, _ dependencies: [String], exclude: [String] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies.map { .init(stringLiteral: $0) },
    path: "Tests/\(name)", exclude: exclude, swiftSettings: strict)
}

let package = Package(
  name: "agim",
  targets: [
    .target(name: "CPosix", path: "Sources/C/CPosix"),
    .target(name: "CCrypto", path: "Sources/C/CCrypto", linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "CMarkdown", path: "Sources/C/CMarkdown", linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "CCurl", path: "Sources/C/CCurl", linkerSettings: [.linkedLibrary("dl")]),
    .systemLibrary(
      name: "CSQLite", path: "Sources/C/CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .target(name: "CPCRE2", path: "Sources/C/CPCRE2"),
    kit("JSON"),
    kit("System", ["CPosix"], isSmall: true),
    kit("Console", ["System"], isSmall: true),
    kit("Text"),
    kit("Crypto", ["CCrypto"]),
    kit("Markup", ["CMarkdown", "JSON", "Console"], isSmall: true),
    kit("Wire", ["JSON", "System"], isSmall: true),
    kit("Store", ["CSQLite", "System"], isSmall: true),
    kit("Memory", isSmall: true),
    kit("Limits", ["System", "Wire", "Settings", "Store"], isSmall: true),
    kit("Network", ["CCurl", "System", "Crypto", "Text"], isSmall: true),
    kit("Web", ["System", "Crypto", "Text", "Network"], isSmall: true),
    kit(
      "Models", ["JSON", "System", "Console", "Settings", "Text", "Network"], isSmall: true),
    kit("Journal", ["Store", "System"], isSmall: true),
    kit(
      "Recall", ["JSON", "System", "Console", "Wire", "Settings", "Crypto", "Text", "Store", "Memory"],
      isSmall: true),
    kit("Schedule", ["System", "Console"], isSmall: true),
    kit("Mail", ["Text"], isSmall: true),
    kit("Settings", ["JSON", "System", "Console"], isSmall: true),
    kit("Policy", ["JSON", "Console", "Settings"], isSmall: true),
    kit("Requests", ["JSON", "System", "Settings", "Crypto", "Text", "Store"], isSmall: true),
    kit(
      "Gate", ["JSON", "System", "Wire", "Settings", "Crypto", "Store", "Policy", "Requests"], isSmall: true),
    kit(
      "Stage", ["JSON", "System", "Console", "Wire", "Settings", "Crypto", "Text", "Store", "Journal"]),
    kit("Goals", ["System", "Text", "Store"], isSmall: true),
    kit(
      "Reminders",
      ["JSON", "System", "Console", "Wire", "Settings", "Store", "Schedule", "Journal", "Stage"],
      isSmall: true),
    kit("Audit", ["JSON", "System", "Text", "Store"], isSmall: true),
    kit("Routing", ["CPCRE2", "JSON", "System", "Console", "Wire", "Settings"]),
    kit(
      "Delivery",
      [
        "JSON", "System", "Console", "Wire", "Settings", "Crypto", "Text", "Markup", "Store", "Network",
        "Web",
        "Journal", "Requests", "Stage",
      ], isSmall: true),
    kit(
      "Turns",
      [
        "JSON", "System", "Console", "Wire", "Settings", "Crypto", "Store", "Policy", "Limits", "Journal",
        "Requests", "Gate", "Stage", "Memory", "Recall",
      ], isSmall: true),
    kit("Speech", ["System", "Console", "Settings", "Text", "Wire", "Stage"], isSmall: true),
    kit("Peers", ["JSON", "System", "Turns"], isSmall: true),
    kit("MCP", ["JSON"], isSmall: true),
    kit(
      "AgentTools",
      [
        "JSON", "System", "Console", "Wire", "Settings", "Crypto", "Store", "Policy", "MCP", "Journal",
        "Requests", "Gate", "Stage", "Memory", "Recall", "Schedule", "Reminders", "Goals",
      ], isSmall: true),
    kit(
      "Approvals",
      [
        "JSON", "System", "Console", "Wire", "Settings", "Text", "Store", "Journal", "Requests", "Gate",
        "Stage",
      ]),
    kit(
      "Hooks",
      [
        "JSON", "System", "Console", "Wire", "Settings", "Text", "Store", "Policy", "Journal", "Requests",
        "Gate", "Stage",
      ], isSmall: true),
    kit(
      "Chat",
      [
        "JSON", "System", "Console", "Wire", "Settings", "Text", "Store", "Policy", "Routing", "Limits",
        "Journal", "Requests", "Gate", "Stage", "Audit", "Recall", "Goals", "Schedule", "Reminders",
      ], isSmall: true),
    kit(
      "Admin",
      ["JSON", "System", "Console", "Wire", "Settings", "Text", "Markup", "Store", "Limits", "Journal"]),
    command("agim", ["Console", "Settings", "System", "Stage", "Admin"]),
    command("agim-recv", platforms + ["Network", "Web", "Speech", "WebhookSource"] + halves("Source")),
    command("agim-approve", common + ["Policy", "Requests", "Gate", "Approvals", "Hooks"]),
    command("agim-route", common + ["Requests", "Routing", "Chat"]),
    command(
      "agim-audit", ["JSON", "System", "Console", "Wire", "Settings", "Store", "Requests", "Stage", "Audit"]),
    command("agim-send", platforms + ["Network"] + halves("Messenger")),
    command("agim-mcp", ["JSON", "System", "Console", "Settings", "Stage", "Text", "MCP", "AgentTools"]),
    command("agim-queue", common),
    command("agim-memo", common + ["Memory", "Recall"]),
    command("agim-remind", common + ["Schedule", "Reminders", "Admin"]),
    command(
      "agim-model",
      [
        "JSON", "System", "Console", "Wire", "Settings", "Text", "Store", "Network", "Limits", "Models",
        "Stage",
      ]),
    command("agim-session", common + ["Delivery", "Goals"]),
    command("agim-run", common + ["Policy", "Turns"] + agents.map { "Agent\($0)" }),
    .target(
      name: "TestSupport", dependencies: ["System"], path: "Tests/Support", exclude: ["agents", "platforms"],
      swiftSettings: strict),
    .executableTarget(
      name: "bench-markup", dependencies: ["Markup", "System"], path: "Tests/Bench", swiftSettings: strict),
    .executableTarget(
      name: "bench-memory", dependencies: ["Memory", "Recall", "Store", "System", "JSON"],
      path: "Tests/BenchMemory",
      swiftSettings: strict),
    tests("JSON", ["JSON"]),
    tests(
      "Memory", ["Memory", "Recall", "Store", "System", "JSON", "TestSupport"],
      exclude: ["embed.py", "labelled.py"]),
    tests("Goals", ["Goals", "Store", "System", "TestSupport"]),
    tests("MCP", ["MCP", "JSON"]),
    tests("Text", ["Text"]),
    tests("Crypto", ["Crypto", "Text"]),
    tests("Feishu", ["FeishuWire", "Console", "Crypto", "JSON", "Journal", "System"]),
    tests(
      "FeishuMessenger", ["FeishuMessenger", "FeishuWire", "Delivery", "JSON", "Stage", "System", "Wire"]),
    tests("Markup", ["Markup", "CMarkdown", "JSON", "Text"]),
    tests("System", ["System", "TestSupport"]),
    tests("Console", ["Console", "System"]),
    tests("Wire", ["Wire", "JSON", "System"]),
    tests("Schedule", ["Schedule", "System"]),
    tests("Store", ["Store", "System", "TestSupport"]),
    tests(
      "Network", ["Network", "Web", "CCurl", "JSON", "System", "TestSupport"],
      exclude: ["server.py", "websocket.py", "requests.py"]),
    tests("Webhook", ["WebhookSource", "JSON"]),
    tests("OpenCode", ["AgentOpenCode", "JSON", "System"]),
    tests("Remote", ["AgentRemote", "JSON", "System"]),
    tests("Delivery", ["Delivery", "Store", "System", "TestSupport"]),
    tests("Journal", ["Journal", "Store", "System", "TestSupport"]),
    tests("Routing", ["Routing", "Settings", "JSON", "System", "Console", "Wire"]),
    tests("Chat", ["Chat", "Routing", "Settings", "Store", "JSON", "System", "Console", "Wire"]),
    tests("Push", ["PushWire", "JSON", "Journal", "System"]),
    tests(
      "Policy", ["Policy", "JSON", "Settings", "Console"],
      exclude: ["agents.txt", "calls.txt", "tree.txt", "table.py"]),
    tests(
      "Gate", ["Gate", "Requests", "Policy", "Store", "Settings", "JSON", "System", "TestSupport"],
      exclude: ["differential.py"]),
    tests(
      "Email",
      ["EmailWire", "EmailSource", "EmailMessenger", "Delivery", "Mail", "Stage", "System", "TestSupport"]),
    tests("Mail", ["Mail", "System"]),
    tests("Models", ["Models", "Network", "Settings", "JSON", "System", "Console"]),
    tests("Limits", ["Limits", "Settings", "Store", "System", "TestSupport"]),
    tests("Hooks", ["Hooks", "JSON", "Policy", "Console"]),
    tests("Settings", ["Settings", "JSON", "System", "Console", "TestSupport"]),
    tests("Telegram", ["TelegramWire", "JSON", "Network", "System"]),
    tests("Tty", ["MessengerTty"]),
    tests("ACP", ["AgentACP", "JSON", "Policy", "Settings"]),
    tests("Claude", ["AgentClaude", "JSON"]),
    tests("Audit", ["Audit", "Requests", "JSON", "Journal", "Store", "System", "TestSupport"]),
    tests("Admin", ["Admin", "JSON", "System", "Console", "Settings", "Store", "Journal", "TestSupport"]),
  ]
    + messengers.map { name in
      .target(
        name: "Messenger\(name)", dependencies: common.map { .init(stringLiteral: $0) } + ["Delivery"],
        path: "Sources/Kit/Messengers/\(name)", swiftSettings: strict)
    }
    + networkPlatforms.flatMap(platformTargets)
    + [
      .target(
        name: "WebhookSource", dependencies: network.map { .init(stringLiteral: $0) },
        path: "Sources/Kit/Messengers/Webhook", swiftSettings: strict + small)
    ]
    + pushPlatforms.flatMap { platformTargets($0, ["Messenger"]) }
    + agents.map { name in
      .target(
        name: "Agent\(name)",
        dependencies: common.map { .init(stringLiteral: $0) } + [
          "Policy", "Requests", "Gate", "Turns", "Peers", "Network",
        ],
        path: "Sources/Kit/Agents/\(name)", swiftSettings: strict + small)
    }
)
