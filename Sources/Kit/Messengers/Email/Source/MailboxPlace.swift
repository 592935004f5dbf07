internal import Mail
internal import System

/// Where we are in a mailbox: `UIDVALIDITY:UID` of the last mail that was handled.
struct MailboxPlace: Equatable, CustomStringConvertible {
  var validity = 0
  var last = 0

  init(validity: Int = 0, last: Int = 0) { (self.validity, self.last) = (validity, last) }

  /// Reads a stored one; nil for anything else.
  init?(_ text: String) {
    let words = text.split(separator: ":", omittingEmptySubsequences: false)
    guard words.count == 2, let validity = Int(words[0]), let last = Int(words[1]), last >= 0 else {
      return nil
    }
    self.init(validity: validity, last: last)
  }

  var description: String { "\(validity):\(last)" }

  /// The numbers that a SEARCH found; those of 32 bits.
  static func found(_ answers: [[IMAPReader.Token]]) -> [Int] {
    answers.filter { $0.first?.word == "SEARCH" }.flatMap { $0.dropFirst().compactMap(\.number) }
      .filter { $0 > 0 && $0 <= UInt32.max }
  }

  /// A mailbox's name as a command takes it: modified UTF-7 (RFC 3501, 5.1.3) in quotes.
  static func quoted(_ name: String) -> String {
    var out = "\""
    var units: [UInt16] = []
    func flush() {
      guard !units.isEmpty else { return }
      let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,".utf8)
      var bits: UInt32 = 0
      var count: UInt32 = 0
      out += "&"
      for unit in units {
        bits = bits << 16 | UInt32(unit)
        count += 16
        while count >= 6 {
          count -= 6
          out.unicodeScalars.append(Unicode.Scalar(alphabet[Int(bits >> count & 63)]))
        }
        bits &= (1 << count) - 1
      }
      if count > 0 { out.unicodeScalars.append(Unicode.Scalar(alphabet[Int(bits << (6 - count) & 63)])) }
      out += "-"
      units = []
    }
    for scalar in name.unicodeScalars {
      if scalar.value >= 0x20, scalar.value < 0x7F {
        flush()
        if scalar == "&" {
          out += "&-"
        } else {
          if scalar == "\"" || scalar == "\\" { out += "\\" }
          out.unicodeScalars.append(scalar)
        }
      } else {
        units += Array(String(scalar).utf16)
      }
    }
    flush()
    return out + "\""
  }

  /// A day as SEARCH takes it: `14-Nov-2023`.
  static func day(_ moment: Timestamp) -> String {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let words = moment.description.prefix(10).split(separator: "-")
    guard words.count == 3, let month = Int(words[1]), (1...12).contains(month), let day = Int(words[2])
    else {
      return "1-Jan-1970"
    }
    return "\(day)-\(months[month - 1])-\(words[0])"
  }
}

/// What FETCH tells of one mail.
struct FetchedMail {
  var size: Int?
  var content: [UInt8]?

  /// Finds it among the answers; nil where it is not there any more.
  init?(_ answers: [[IMAPReader.Token]], uid: Int) {
    for answer in answers {
      guard answer.count == 3, answer[1].word == "FETCH", case .list(let items) = answer[2] else { continue }
      var found = FetchedMail()
      var isIt = false
      var index = 0
      while index + 1 < items.count {
        let value = items[index + 1]
        switch items[index].word {
        case "UID": isIt = value.number == uid
        case "RFC822.SIZE": found.size = value.number
        case "BODY[]", "BODY[HEADER]":
          if case .text(let bytes) = value { found.content = bytes }
        default: break
        }
        index += 2
      }
      if isIt {
        self = found
        return
      }
    }
    return nil
  }

  private init() {}
}

/// How many mails of each sender are listened to within an hour: two programs that answer each other stop there.
struct SenderRates {
  let perHour: Int
  private var times: [String: [Int64]] = [:]

  init(perHour: Int) { self.perHour = perHour }

  /// Whether one more is listened to; `now` is monotonic, in milliseconds.
  mutating func take(_ sender: String, at now: Int64) -> Bool {
    // Whoever invents senders does not fill the memory.
    if times.count > 10_000 { times = times.filter { $0.value.last ?? 0 > now - 3_600_000 } }
    let recent = (times[sender] ?? []).filter { $0 > now - 3_600_000 }
    guard recent.count < perHour else {
      times[sender] = recent
      return false
    }
    times[sender] = recent + [now]
    return true
  }
}
