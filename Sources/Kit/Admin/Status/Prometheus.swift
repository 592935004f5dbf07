internal import Console
internal import Limits
internal import Store
internal import System

/// A status in the text format of Prometheus, version 0.0.4.
extension Status {
  private struct Family {
    let name: String
    let help: String
    var samples: [(labels: [(String, String)], value: Int64)] = []
    /// Whether the values are millionths.
    var isMillionths = false
  }

  /// The metrics.
  package var prometheus: String {
    var families = [
      Family(
        name: "agim_build_info", help: "The version of agim, always 1.",
        samples: [([("version", Command.version)], 1)])
    ]
    families += pipeFamilies + depthFamilies
    families.append(
      Family(
        name: "agim_account_last_inbound_timestamp_seconds",
        help: "When an account brought its last message, in seconds since 1970.",
        samples: accounts.map {
          ([("platform", $0.platform), ("account", $0.account)], $0.accepted.milliseconds / 1000)
        }))
    if let limits { families += Self.families(of: limits) }
    families.append(
      Family(
        name: "agim_store_readable", help: "Whether the store is there and can be read.",
        samples: [([], size != nil && trouble == nil ? 1 : 0)]))
    if let size {
      families.append(
        Family(
          name: "agim_store_size_bytes", help: "The size of the store.", samples: [([], size.store)]))
      families.append(
        Family(
          name: "agim_store_log_size_bytes", help: "The size of the store's write-ahead log.",
          samples: [([], size.log)]))
    }
    return families.map(Self.text).joined()
  }

  private var pipeFamilies: [Family] {
    var up = Family(name: "agim_pipe_up", help: "Whether agim start runs the pipeline.")
    var start = Family(
      name: "agim_pipe_start_time_seconds", help: "When it was started, in seconds since 1970.")
    var stages = Family(name: "agim_pipe_stages", help: "The processes that are its stages.")
    for pipe in pipes {
      guard let name = pipe.name else { continue }
      let labels = [("pipe", name)]
      up.samples.append((labels, pipe.owner == nil ? 0 : 1))
      guard pipe.owner != nil else { continue }
      if let uptime = pipe.uptime { start.samples.append((labels, time.milliseconds / 1000 - uptime)) }
      stages.samples.append((labels, Int64(pipe.stages.count)))
    }
    return [up, start, stages]
  }

  private var depthFamilies: [Family] {
    var inbox = Family(name: "agim_inbox_messages", help: "Messages that are not finished.")
    var outbox = Family(name: "agim_outbox_replies", help: "Replies that are not finished.")
    var oldest = Family(
      name: "agim_queue_oldest_age_seconds", help: "How long the oldest unfinished row waits.")
    for pipe in pipes {
      let name = pipe.name ?? ""
      for depth in pipe.inbox {
        inbox.samples.append(([("pipe", name), ("state", depth.state)], depth.count))
      }
      for depth in pipe.outbox {
        outbox.samples.append(([("pipe", name), ("state", depth.state)], depth.count))
      }
      for (box, depths) in [("inbox", pipe.inbox), ("outbox", pipe.outbox)] {
        guard let first = depths.map(\.oldest).min() else { continue }
        oldest.samples.append(([("pipe", name), ("box", box)], max(0, (time - first) / 1000)))
      }
    }
    return [inbox, outbox, oldest]
  }

  private static func families(of limits: Limited) -> [Family] {
    var breaker = Family(
      name: "agim_agent_breaker", help: "An agent that fails: 2 while it is left alone, 1 when it is tried.")
    var retry = Family(
      name: "agim_agent_retry_timestamp_seconds",
      help: "When an agent that is left alone is tried again, in seconds since 1970.")
    for (agent, state) in limits.breakers {
      guard let opening = state.opening else { continue }
      let isOpen = if case .open = state { true } else { false }
      breaker.samples.append(([("agent", agent)], isOpen ? 2 : 1))
      retry.samples.append(([("agent", agent)], opening.retry.milliseconds / 1000))
    }
    var rate = Family(
      name: "agim_rate_limited_turns", help: "Turns of the last minute of those whose next message waits.")
    for (who, turns) in limits.atRate {
      switch who {
      case .person(let name): rate.samples.append(([("person", name)], Int64(turns)))
      case .agent(let name): rate.samples.append(([("agent", name)], Int64(turns)))
      }
    }
    let spent = Family(
      name: "agim_spend_today_dollars", help: "What an agent's turns of today have cost, as far as it says.",
      samples: limits.spent.sorted { $0.key < $1.key }.map { ([("agent", $0.key)], $0.value) },
      isMillionths: true)
    let limit = Family(
      name: "agim_spend_limit_dollars", help: "What all turns of a day may cost.",
      samples: limits.limit.map { [([], $0)] } ?? [], isMillionths: true)
    return [breaker, retry, rate, spent, limit]
  }

  private static func text(_ family: Family) -> String {
    var text = "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) gauge\n"
    for sample in family.samples {
      let labels = sample.labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
      text +=
        family.name + (labels.isEmpty ? "" : "{\(labels)}")
        + " \(family.isMillionths ? Money.decimal(sample.value, places: 6) : "\(sample.value)")\n"
    }
    return text
  }

  /// Label values may hold anything, with three characters escaped.
  private static func escaped(_ value: String) -> String {
    var text = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
