// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: the next language mode's import rules now, and no warnings.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
  .treatAllWarnings(as: .error),
]

/// A folder of `Sources/Kit`. The groups and their order are in ARCHITECTURE.md; a test reads this
/// file and checks that a target depends only on groups to its left.
func kit(_ name: String, _ dependencies: [String] = [], tests: Bool = false) -> Target {
  .target(
    name: name, dependencies: dependencies.map { .init(stringLiteral: $0) },
    path: "Sources/Kit/\(name)", swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [String]) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies.map { .init(stringLiteral: $0) },
    path: "Tests/\(name)", swiftSettings: strict)
}

let package = Package(
  name: "agim",
  targets: [
    kit("JSON"),
    kit("Text"),
    tests("JSON", ["JSON"]),
    tests("Text", ["Text"]),
  ]
)
