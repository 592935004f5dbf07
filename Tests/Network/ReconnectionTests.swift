import Network
import System
import Testing
import Web

@Suite struct ReconnectionTests {
  private func moment(_ monotonic: Int64, drift: Int64 = 0) -> Reconnection.Moment {
    Reconnection.Moment(
      monotonic: monotonic, wall: Timestamp(milliseconds: 1_800_000_000_000 + monotonic + drift))
  }

  @Test func waitsGrowAndBeginAnew() {
    var state = Reconnection(at: moment(0))
    let most = (0..<8).map { _ in state.lost(at: 0, random: .max) }
    for (wait, whole) in zip(most, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
      #expect(wait >= Int64(whole) / 2 && wait <= Int64(whole))
    }
    state.connected(at: 100_000)
    #expect(state.isConnected)
    // Not healthy for long enough.
    #expect(state.lost(at: 159_999, random: 0) == 30_000)
    state.connected(at: 200_000)
    #expect(state.lost(at: 260_000, random: 0) == 500)
    #expect(!state.isConnected)
  }

  @Test func theOtherEndSaysHowLong() {
    var state = Reconnection(at: moment(0))
    #expect(state.lost(at: 0, random: 0, retryAfter: 1_000_000) == 1_000_000)
    // It was there, and wants silence for longer than we are deaf after.
    #expect(state.look(at: moment(899_999)) == .nothing)
    #expect(state.look(at: moment(1_000_001)) == .nothing)
    #expect(state.look(at: moment(1_899_999)) == .nothing)
    #expect(state.look(at: moment(1_900_000)) == .deaf)
    #expect(state.lost(at: 0, random: .max, retryAfter: 1) > 1)
  }

  @Test func deaf() {
    var state = Reconnection(at: moment(0))
    #expect(state.look(at: moment(899_999)) == .nothing)
    #expect(state.look(at: moment(900_000)) == .deaf)
    state.connected(at: 900_000)
    state.heard(at: 1_000_000)
    #expect(state.look(at: moment(1_899_999)) == .nothing)
    #expect(state.look(at: moment(1_900_000)) == .deaf)
    var limits = Reconnection.Limits()
    limits.deafAfter = nil
    var patient = Reconnection(limits, at: moment(0))
    #expect(patient.look(at: moment(1_000_000_000)) == .nothing)
  }

  @Test(arguments: [30_001, 3_600_000, -30_001])
  func aClockThatJumps(drift: Int64) {
    var state = Reconnection(at: moment(0))
    for _ in 0..<5 { _ = state.lost(at: 0, random: 0) }
    state.connected(at: 0)
    #expect(state.look(at: moment(10_000)) == .nothing)
    guard case .reconnect = state.look(at: moment(20_000, drift: drift)) else {
      Issue.record("not connected anew")
      return
    }
    #expect(!state.isConnected)
    // Once is enough, and the waits begin anew.
    #expect(state.look(at: moment(30_000, drift: drift)) == .nothing)
    #expect(state.lost(at: 30_000, random: 0) == 500)
  }

  @Test func aClockThatIsSetALittle() {
    var state = Reconnection(at: moment(0))
    state.connected(at: 0)
    #expect(state.look(at: moment(10_000, drift: 30_000)) == .nothing)
    #expect(state.look(at: moment(20_000, drift: 0)) == .nothing)
  }

  @Test func sleepIsNotDeafness() {
    var state = Reconnection(at: moment(0))
    state.connected(at: 0)
    // A clock that also counts sleep jumps on both sides: then it is deaf indeed. One that does not is asked anew.
    guard case .reconnect = state.look(at: moment(10_000, drift: 8 * 3_600_000)) else {
      Issue.record("not connected anew")
      return
    }
    #expect(state.look(at: moment(20_000, drift: 8 * 3_600_000)) == .nothing)
  }

  @Test func silenceIsProved() {
    var limits = Reconnection.Limits()
    (limits.probeAfter, limits.answerWithin) = (60_000, 15_000)
    var state = Reconnection(limits, at: moment(0))
    // Nothing is probed that is not there.
    #expect(state.look(at: moment(70_000)) == .nothing)
    state.connected(at: 70_000)
    #expect(state.look(at: moment(129_999)) == .nothing)
    #expect(state.look(at: moment(130_000)) == .probe)
    #expect(state.look(at: moment(140_000)) == .nothing)
    state.heard(at: 141_000)
    #expect(state.look(at: moment(150_000)) == .nothing)
    #expect(state.look(at: moment(201_000)) == .probe)
    #expect(state.look(at: moment(215_999)) == .nothing)
    guard case .reconnect = state.look(at: moment(216_000)) else {
      Issue.record("not connected anew")
      return
    }
  }

  @Test func kept() throws {
    // On a clock of our own, which the loop's timers go by.
    var now: Int64 = 0
    var drift: Int64 = 0
    let clock = Clock(
      now: { Timestamp(milliseconds: now + drift) }, monotonic: { now }, random: { 0 })
    let loop = EventLoop(clock: clock)
    var log: [String] = []
    var limits = Reconnection.Limits()
    limits.deafAfter = 60_000
    var actions = Reconnector.Actions(
      connect: { log.append("connect \(now)") }, abandon: { log.append("abandon \(now)") },
      deaf: {
        log.append("deaf \(now)")
        loop.stop()
      })
    actions.note = { log.append($0) }
    let keeper = Reconnector(loop, limits, actions)
    try keeper.start()
    try keeper.lost()
    // Time goes on whenever the loop would wait.
    loop.beforeWait {
      now += 250
      if now == 5_000 { keeper.connected() }
      if now == 12_000 { drift = 3_600_000 }
      if now == 21_000 { try keeper.lost(retryAfter: 2_000) }
      // Keeps the loop from waiting for a timer of a clock that stands still.
      loop.after(0) {}
    }
    try loop.run()
    #expect(
      log == [
        "connect 0", "connecting again in 1 s", "connect 500", "abandon 20000", "the clock jumped by 3600 s",
        "connect 20250", "connecting again in 2 s", "connect 23000", "deaf 90000",
      ])
  }
}
