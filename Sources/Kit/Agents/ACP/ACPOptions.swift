internal import JSON
internal import Settings
internal import Turns

/// The modes, models and other settings of a session, as the program offers them.
struct ACPOptions {
  /// One thing to set.
  struct Step {
    var method: String
    var params: JSONObject
    /// What is set, for people.
    var name: String
    var value: String
    var isMode: Bool { name == "mode" }
  }

  /// What a turn wants to have set, and what it must be told.
  struct Plan {
    var steps: [Step] = []
    var notices: [String] = []
    /// Why the turn cannot begin at all.
    var refusal: String?
  }

  /// The mode that it is in.
  var mode: String?
  /// The newer settings, of every kind; they count where they are there.
  var configs: [JSONValue] = [] { didSet { followConfigs() } }
  private var modes: [String] = []
  private var model: String?
  private var models: [String] = []

  init() {}

  /// Those that a session was opened with.
  init(_ opened: JSONValue) {
    mode = opened["modes"]?["currentModeId"]?.string
    modes = (opened["modes"]?["availableModes"]?.array ?? []).compactMap { $0["id"]?.string }
    model = opened["models"]?["currentModelId"]?.string
    models = (opened["models"]?["availableModels"]?.array ?? []).compactMap { $0["modelId"]?.string }
    configs = opened["configOptions"]?.array ?? []
    followConfigs()
  }

  private mutating func followConfigs() {
    guard let config = config(["mode"]) else { return }
    mode = config["currentValue"]?.string ?? mode
    modes = values(config)
  }

  /// The setting of a category.
  private func config(_ categories: [String]) -> JSONValue? {
    configs.first { config in
      config["category"]?.string.map { categories.contains($0) } ?? false
        && config["type"]?.string != "boolean"
    }
  }

  /// The values of a setting, out of a list or a list of groups.
  private func values(_ config: JSONValue) -> [String] {
    (config["options"]?.array ?? []).flatMap { option -> [String] in
      if let value = option["value"]?.string { return [value] }
      return (option["options"]?.array ?? []).compactMap { $0["value"]?.string }
    }
  }

  // MARK: - What to set

  /// The mode that a turn wants; nil where there is none to choose.
  func best(_ preset: ACPPreset, isPlan: Bool) -> String? {
    if isPlan, let plan = preset.plan, modes.contains(plan) { return plan }
    return preset.asking.first { modes.contains($0) }
  }

  /// What has to be set before a turn.
  func plan(for turn: Turn, _ preset: ACPPreset) -> Plan {
    var plan = Plan()
    planMode(turn, preset, &plan)
    if let wanted = turn.model { planModel(wanted, &plan) }
    if let effort = turn.effort { planEffort(effort, &plan) }
    return plan
  }

  private func planMode(_ turn: Turn, _ preset: ACPPreset, _ plan: inout Plan) {
    let best = best(preset, isPlan: turn.isPlan)
    // The policy holds back what is asked about; what is not asked about must not be done at all.
    if turn.isPlan, preset.gating == .open, best == nil || best != preset.plan {
      plan.refusal = "it has no mode in which it only plans, and runs commands without asking."
      return
    }
    guard let best else {
      if let mode, !preset.asking.isEmpty, ACPPreset.isSilent(mode), !turn.settings.isTrusted {
        plan.refusal =
          "its mode is \(mode), in which it does not ask, and it offers no other (\(modes.joined(separator: ", ")))."
      }
      return
    }
    guard best != mode else { return }
    if let config = config(["mode"]), let id = config["id"]?.string {
      plan.steps.append(Self.step("mode", best, config: id))
    } else {
      plan.steps.append(
        Step(
          method: "session/set_mode", params: JSONObject([("modeId", .string(best))]), name: "mode",
          value: best))
    }
  }

  private func planModel(_ wanted: String, _ plan: inout Plan) {
    if let config = config(["model"]), let id = config["id"]?.string {
      let known = values(config)
      guard config["currentValue"]?.string != wanted else { return }
      guard known.contains(wanted) else { return plan.notices.append(Self.noModel(wanted, known)) }
      return plan.steps.append(Self.step("model", wanted, config: id))
    }
    guard model != wanted else { return }
    guard models.contains(wanted) else { return plan.notices.append(Self.noModel(wanted, models)) }
    plan.steps.append(
      Step(
        method: "session/set_model", params: JSONObject([("modelId", .string(wanted))]), name: "model",
        value: wanted))
  }

  private static func noModel(_ wanted: String, _ known: [String]) -> String {
    "There is no model \(ACPWords.line(wanted, 80)) here; "
      + (known.isEmpty
        ? "this agent lets nobody choose one." : "these are: \(known.prefix(20).joined(separator: ", ")).")
  }

  private func planEffort(_ effort: String, _ plan: inout Plan) {
    guard let config = config(["thought_level", "thinking", "reasoning_effort"]),
      let id = config["id"]?.string
    else { return }
    let known = values(config)
    // What people say, and what it may be called.
    let names = [
      "off": ["off", "none", "minimal"], "on": ["on", "medium"], "max": ["max", "xhigh", "high"],
    ]
    guard let value = (names[effort] ?? [effort]).first(where: { known.contains($0) }),
      config["currentValue"]?.string != value
    else { return }
    plan.steps.append(Self.step("effort", value, config: id))
  }

  private static func step(_ name: String, _ value: String, config id: String) -> Step {
    Step(
      method: "session/set_config_option",
      params: JSONObject([("configId", .string(id)), ("value", .string(value))]), name: name, value: value)
  }

  /// Notes what has been set.
  mutating func took(_ step: Step, _ answer: JSONValue) {
    if let list = answer["configOptions"]?.array {
      configs = list
    } else if let place = configs.firstIndex(where: { $0["id"] == step.params["configId"] }),
      step.method == "session/set_config_option", var config = configs[place].object
    {
      config["currentValue"] = .string(step.value)
      configs[place] = .object(config)
    }
    if step.isMode { mode = step.value }
    if step.name == "model" { model = step.value }
  }
}
