package import Network
package import System

/// One call of an endpoint: a request that is made again where that may help, within its limits of time.
package final class ModelCall {
  /// How it may be made, and how its answer is read.
  package struct Plan {
    /// Makes the request.
    package var request: (ModelAdaptation) -> HTTPRequest
    /// What the endpoint may say that it does not take.
    package var possible: ModelAdaptation = []
    /// Called before each answer: nothing has come of it.
    package var begin: () -> Void = {}
    /// Takes bytes of the answer; true when no more are wanted.
    package var take: ([UInt8]) throws(ModelProblem) -> Bool
    /// The end of the answer.
    package var end: () throws(ModelProblem) -> Void
    /// Whether so much has come that it is not to be asked for again.
    package var hasContent: () -> Bool = { false }

    /// A plan of its parts.
    package init(
      request: @escaping (ModelAdaptation) -> HTTPRequest,
      take: @escaping ([UInt8]) throws(ModelProblem) -> Bool, end: @escaping () throws(ModelProblem) -> Void
    ) {
      (self.request, self.take, self.end) = (request, take, end)
    }
  }

  /// How long it may take, and how often it is made again.
  package struct Limits {
    /// Milliseconds for all of it.
    package var total: Int64
    /// Milliseconds for which nothing may come.
    package var idle: Int64
    /// How often a request is made again.
    package var retries: Int

    /// Limits of their parts.
    package init(total: Int64, idle: Int64, retries: Int) {
      (self.total, self.idle, self.retries) = (total, idle, retries)
    }
  }

  private let loop: EventLoop
  private let client: HTTPClient
  private let plan: Plan
  private let limits: Limits
  private let onEnd: (ModelProblem?) throws -> Void
  private var retry: RetryPlan
  private var adaptation: ModelAdaptation = []
  private var deadline: Int64
  private var transfer: HTTPTransfer?
  private var timer: EventLoop.Timer?
  private var isOver = false

  // Of the request that is on its way.
  private var head: HTTPHead?
  private var complaint: [UInt8] = []
  private var problem: ModelProblem?
  private var isComplete = false

  /// Called when the request is made once more: why, and after how many milliseconds.
  package var onRetry: (ModelProblem, Int64) -> Void = { _, _ in }
  /// Called when the request is made once more with something left out.
  package var onAdapt: (ModelAdaptation) -> Void = { _ in }
  /// How many requests were made.
  package private(set) var requests = 0

  /// Bytes of an answer with the status of an error that are read.
  private static let complaintLimit = 64 << 10

  /// Begins at once; `onEnd` is called once, from the loop: nil for an answer that is whole.
  package init(
    _ client: HTTPClient, on loop: EventLoop, limits: Limits, plan: Plan,
    onEnd: @escaping (ModelProblem?) throws -> Void
  ) {
    (self.loop, self.client, self.plan, self.limits, self.onEnd) = (loop, client, plan, limits, onEnd)
    retry = RetryPlan(retries: limits.retries)
    deadline = loop.clock.monotonic() + limits.total
    send()
  }

  /// Gives it up: nothing is called any more.
  package func cancel() {
    isOver = true
    timer?.cancel()
    transfer?.cancel()
  }

  private var left: Int64 { deadline - loop.clock.monotonic() }

  private func send() {
    var request = plan.request(adaptation)
    request.limits.total = max(1, left)
    request.limits.idle = limits.idle
    // The readers have limits of their own.
    request.limits.body = nil
    (head, complaint, problem, isComplete) = (nil, [], nil, false)
    requests += 1
    plan.begin()
    transfer = client.stream(
      request, onHead: { [weak self] in self?.head = $0 }, onData: { [weak self] in self?.take($0) },
      onEnd: { [weak self] in try self?.ended($0) })
  }

  private func take(_ bytes: [UInt8]) {
    guard !isOver, !isComplete, problem == nil else { return }
    guard head?.isSuccess == true else {
      complaint += bytes.prefix(max(0, Self.complaintLimit - complaint.count))
      // What else it says does not matter.
      if complaint.count >= Self.complaintLimit { transfer?.cancel() }
      return
    }
    do {
      isComplete = try plan.take(bytes)
    } catch {
      problem = error
    }
    if isComplete || problem != nil { transfer?.cancel() }
  }

  private func ended(_ error: HTTPError?) throws {
    guard !isOver else { return }
    transfer = nil
    if problem == nil { problem = isComplete ? nil : outcome(error) }
    guard let problem else { return try finish(nil) }
    if let adapted = adaptation.adapted(to: problem, possible: plan.possible), left > 0 {
      adaptation = adapted
      onAdapt(adapted)
      return send()
    }
    guard !plan.hasContent(),
      let wait = retry.next(after: problem, left: left, random: loop.clock.random())
    else { return try finish(problem) }
    onRetry(problem, wait)
    timer = loop.after(wait) { [weak self] in self?.send() }
  }

  private func outcome(_ error: HTTPError?) -> ModelProblem? {
    if let head, !head.isSuccess, error == nil || complaint.count >= Self.complaintLimit {
      return ModelProblem(
        status: head.status, body: complaint, mediaType: head.mediaType,
        retryAfter: RetryPlan.asked(head, now: loop.clock.now()))
    }
    if let error { return ModelProblem(error) }
    do {
      try plan.end()
      return nil
    } catch {
      return error
    }
  }

  private func finish(_ problem: ModelProblem?) throws {
    isOver = true
    try onEnd(problem)
  }
}
