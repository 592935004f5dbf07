internal import Console
internal import Limits
internal import Store
internal import System
internal import Text

/// A status in the text format of Prometheus, version 0.0.4.
extension Status {
  /// The metrics.
  package var prometheus: String {
    var families = [
      MetricFamily(
        "agim_build_info", "The version of agim, always 1.", .gauge,
        [([("version", Command.version)], 1)])
    ]
    families += pipeFamilies + depthFamilies
    families.append(
      MetricFamily(
        "agim_account_last_inbound_timestamp_seconds",
        "When an account brought its last message, in seconds since 1970.", .gauge,
        accounts.map {
          ([("platform", $0.platform), ("account", $0.account)], $0.accepted.milliseconds / 1000)
        }))
    if let limits { families += Self.families(of: limits) }
    families.append(
      MetricFamily(
        "agim_store_readable", "Whether the store is there and can be read.", .gauge,
        [([], size != nil && trouble == nil ? 1 : 0)]))
    if let size {
      families.append(
        MetricFamily("agim_store_size_bytes", "The size of the store.", .gauge, [([], size.store)]))
      families.append(
        MetricFamily(
          "agim_store_log_size_bytes", "The size of the store's write-ahead log.", .gauge, [([], size.log)]))
    }
    return families.map(\.text).joined()
  }

  private var pipeFamilies: [MetricFamily] {
    var up = MetricFamily("agim_pipe_up", "Whether agim start runs the pipeline.")
    var start = MetricFamily("agim_pipe_start_time_seconds", "When it was started, in seconds since 1970.")
    var stages = MetricFamily("agim_pipe_stages", "The processes that are its stages.")
    for pipe in pipes {
      guard let name = pipe.name else { continue }
      let labels = [("pipe", name)]
      up.add(labels, pipe.owner == nil ? 0 : 1)
      guard pipe.owner != nil else { continue }
      if let uptime = pipe.uptime { start.add(labels, time.milliseconds / 1000 - uptime) }
      stages.add(labels, Int64(pipe.stages.count))
    }
    return [up, start, stages]
  }

  private var depthFamilies: [MetricFamily] {
    var inbox = MetricFamily("agim_inbox_messages", "Messages that are not finished.")
    var outbox = MetricFamily("agim_outbox_replies", "Replies that are not finished.")
    var oldest = MetricFamily("agim_queue_oldest_age_seconds", "How long the oldest unfinished row waits.")
    for pipe in pipes {
      let name = pipe.name ?? ""
      for depth in pipe.inbox {
        inbox.add([("pipe", name), ("state", depth.state)], depth.count)
      }
      for depth in pipe.outbox {
        outbox.add([("pipe", name), ("state", depth.state)], depth.count)
      }
      for (box, depths) in [("inbox", pipe.inbox), ("outbox", pipe.outbox)] {
        guard let first = depths.map(\.oldest).min() else { continue }
        oldest.add([("pipe", name), ("box", box)], max(0, (time - first) / 1000))
      }
    }
    return [inbox, outbox, oldest]
  }

  private static func families(of limits: Limited) -> [MetricFamily] {
    var breaker = MetricFamily(
      "agim_agent_breaker", "An agent that fails: 2 while it is left alone, 1 when it is tried.")
    var retry = MetricFamily(
      "agim_agent_retry_timestamp_seconds",
      "When an agent that is left alone is tried again, in seconds since 1970.")
    for (agent, state) in limits.breakers {
      guard let opening = state.opening else { continue }
      let isOpen = if case .open = state { true } else { false }
      breaker.add([("agent", agent)], isOpen ? 2 : 1)
      retry.add([("agent", agent)], opening.retry.milliseconds / 1000)
    }
    var rate = MetricFamily(
      "agim_rate_limited_turns", "Turns of the last minute of those whose next message waits.")
    for (who, turns) in limits.atRate {
      switch who {
      case .person(let name): rate.add([("person", name)], Int64(turns))
      case .agent(let name): rate.add([("agent", name)], Int64(turns))
      }
    }
    var spent = MetricFamily(
      "agim_spend_today_dollars", "What an agent's turns of today have cost, as far as it says.")
    for (agent, sum) in limits.spent.sorted(by: { $0.key < $1.key }) {
      spent.samples.append(([("agent", agent)], Money.decimal(sum, places: 6)))
    }
    var limit = MetricFamily("agim_spend_limit_dollars", "What all turns of a day may cost.")
    if let most = limits.limit { limit.samples.append(([], Money.decimal(most, places: 6))) }
    return [breaker, retry, rate, spent, limit]
  }
}
