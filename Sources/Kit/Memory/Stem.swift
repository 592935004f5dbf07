/// The beginning that forms of an English word have in common; other words stay as they are.
///
/// Careful rather than thorough: two words that become one are found together, so what is not sure is left.
enum Stem {
  static func of(_ word: [UInt8]) -> String {
    guard word.count > 3, word.allSatisfy({ $0 >= 0x61 && $0 <= 0x7A }) else {
      return String(decoding: word, as: UTF8.self)
    }
    var stem = word[...]
    plural(&stem)
    verb(&stem)
    if stem.count > 4, stem.last == UInt8(ascii: "e") { stem.removeLast() }
    // "carry" and "carried", "happy" and "happily".
    if stem.count > 3, stem.last == UInt8(ascii: "y") { stem[stem.endIndex - 1] = UInt8(ascii: "i") }
    return String(decoding: stem, as: UTF8.self)
  }

  private static func plural(_ stem: inout ArraySlice<UInt8>) {
    guard stem.last == UInt8(ascii: "s") else { return }
    if ends(stem, "ies"), stem.count > 4 {
      stem.removeLast(2)
    } else if ends(stem, "sses") || ends(stem, "ches") || ends(stem, "shes") || ends(stem, "xes") {
      stem.removeLast(2)
    } else if !ends(stem, "ss"), !ends(stem, "us"), !ends(stem, "is") {
      stem.removeLast()
    }
  }

  private static func verb(_ stem: inout ArraySlice<UInt8>) {
    if ends(stem, "ing"), stem.count > 5, hasVowel(stem.dropLast(3)) {
      stem.removeLast(3)
    } else if ends(stem, "ied"), stem.count > 4 {
      stem.removeLast(2)
      return
    } else if ends(stem, "ed"), stem.count > 4, hasVowel(stem.dropLast(2)) {
      stem.removeLast(2)
    } else {
      return
    }
    // "running": the doubled letter belongs to the ending; "calling" has it of its own.
    guard let last = stem.last, stem.count > 3, stem.dropLast().last == last else { return }
    if !"lsz".utf8.contains(last) { stem.removeLast() }
  }

  private static func ends(_ word: ArraySlice<UInt8>, _ ending: StaticString) -> Bool {
    guard word.count > ending.utf8CodeUnitCount else { return false }
    let bytes = UnsafeBufferPointer(start: ending.utf8Start, count: ending.utf8CodeUnitCount)
    return word.suffix(bytes.count).elementsEqual(bytes)
  }

  private static func hasVowel(_ word: ArraySlice<UInt8>) -> Bool {
    word.contains { "aeiouy".utf8.contains($0) }
  }
}

extension Terms {
  /// Whether a term says nothing about what is asked for.
  static func isFiller(_ term: String) -> Bool { fillers.contains(term) }

  /// What questions are made of, as `cut` gives it.
  private static let fillers: Set<String> = {
    let words =
      "a an the is are was were be been am do does did done doing have has had having i me my mine we us our "
      + "you your he him his she her it its they them their this that these those what which who whom whose "
      + "when where why how of in on at to for from by with about as into and or but not no nor so if then "
      + "than there here can could will would shall should may might must please tell remind again ever "
      + "just any some dont didnt whats wheres did let know remember"
    let pairs =
      "的 了 是 在 我 你 他 她 它 们 吗 呢 吧 啊 么 这 那 哪 谁 和 与 或 就 都 也 还 又 很 请 把 被 给 "
      + "什么 么时 时候 候的 怎么 么样 哪里 哪儿 我的 你的 我们 们的 多少 是什 是谁 是在 在哪 是哪 吗 为什 为何 "
      + "どこ です ます でし した のは ですか か の は が を に で と も へ や "
      + "은 는 이 가 을 를 의 에 도 와 과 나 "
    var all: Set<String> = []
    for word in words.split(separator: " ") { all.formUnion(cut(String(word))) }
    for word in pairs.split(separator: " ") { all.insert(String(word)) }
    return all
  }()
}
