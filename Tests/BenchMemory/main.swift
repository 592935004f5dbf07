// How well and how fast memos are found. Not installed: for Benchmarks/memory.py.
//
// usage: bench-memory quality LABELLED [VECTORS]   lines of labelled.py, and of embed.py for each text in them
//        bench-memory speed LABELLED COUNT         search and recall among so many memos, milliseconds
//        bench-memory vectors COUNT DIMENSION      exact search among so many vectors, milliseconds
//
// Writes lines NAME VALUE.

import Glibc
import JSON
import Memory
import Recall
import Store
import System

struct Question {
  let text: String
  let wanted: Int64
  let language: String
  let line: Int
}

func lines(_ path: String) throws -> [JSONValue] {
  try Files.readRegular(path, limit: 1 << 30).split(separator: 0x0A).map { try JSONReader.parse(Array($0)) }
}

func labelled(_ path: String) throws -> (memos: [String], questions: [Question]) {
  var memos: [String] = []
  var questions: [Question] = []
  for (index, line) in try lines(path).enumerated() {
    if let text = line["text"]?.string { memos.append(text) }
    if let text = line["question"]?.string, let wanted = line["wanted"]?.int {
      questions.append(
        Question(text: text, wanted: Int64(wanted), language: line["language"]?.string ?? "", line: index))
    }
  }
  return (memos, questions)
}

func open() throws -> (Store, String) {
  var template = Array("/tmp/agim-bench.XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", "/tmp") }
  let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  return (try Store(path: "\(path)/agim.db"), path)
}

func remove(_ folder: String) {
  for name in ["agim.db", "agim.db-wal", "agim.db-shm"] { unlink("\(folder)/\(name)") }
  rmdir(folder)
}

func median(_ rounds: [Double]) -> Double { rounds.sorted()[rounds.count / 2] }

/// The processor's time, which other programs on the machine do not lengthen.
func processor(_ body: () throws -> Void) rethrows -> Double {
  let start = clock()
  try body()
  return Double(clock() - start) / 1000
}

func milliseconds(_ body: () throws -> Void) rethrows -> Double {
  let took = try ContinuousClock().measure { try body() }.components
  return Double(took.seconds) * 1000 + Double(took.attoseconds) / 1e15
}

func quality(_ path: String, _ vectorPath: String?) throws {
  let (memos, questions) = try labelled(path)
  let (store, folder) = try open()
  defer { remove(folder) }
  let memories = Memories(store, clock: .fixed(start: Timestamp(milliseconds: 1_790_000_000_000), seed: 1))
  var numbers: [Int64: Int64] = [:]
  var vectors: [[Float]] = []
  if let vectorPath {
    vectors = try lines(vectorPath).map { ($0["vector"]?.array ?? []).map { Float($0.double ?? 0) } }
  }
  try store.write {
    for (index, text) in memos.enumerated() {
      let memo = try memories.add(text, person: "bench:me")
      numbers[memo.n] = Int64(index)
      if index < vectors.count, let unit = Vectors.unit(vectors[index]) {
        try store.setVector(
          of: .memo(memo.n), in: memo.scope, model: "m", dimension: unit.count, data: Vectors.bytes(unit),
          code: VectorCode(unit).bytes)
      }
    }
  }
  let scopes = try memories.scopes(person: "bench:me")
  var hits: [String: (asked: Int, three: Int, reciprocal: Double)] = [:]
  for question in questions {
    let query = question.line < vectors.count ? Searcher.Query(model: "m", vectors[question.line]) : nil
    let found = try Searcher(store).search(question.text, in: scopes, query: query, limit: 20)
    let place = found.firstIndex { numbers[$0.doc.n] == question.wanted }
    for key in ["all", question.language] {
      var sum = hits[key] ?? (0, 0, 0)
      sum.asked += 1
      if let place, place < 3 { sum.three += 1 }
      if let place { sum.reciprocal += 1 / Double(place + 1) }
      hits[key] = sum
    }
  }
  for (key, sum) in hits.sorted(by: { $0.key < $1.key }) {
    print("\(key).recall3", Double(sum.three) / Double(sum.asked))
    print("\(key).mrr", sum.reciprocal / Double(sum.asked))
  }
}

func speed(_ path: String, _ count: Int) throws {
  let (memos, questions) = try labelled(path)
  let (store, folder) = try open()
  defer { remove(folder) }
  let memories = Memories(store, clock: .fixed(start: Timestamp(milliseconds: 1_790_000_000_000), seed: 1))
  var random = UInt64(7)
  func next(_ limit: Int) -> Int {
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(random >> 33) % limit
  }
  let taken = try milliseconds {
    for start in stride(from: 0, to: count, by: 10_000) {
      try store.write {
        for n in start..<min(start + 10_000, count) {
          // The memos that are asked for stand anywhere among the others.
          let text =
            n % (count / memos.count + 1) == 0
            ? memos[n / (count / memos.count + 1)]
            : "\(memos[next(memos.count)]) \(memos[next(memos.count)].prefix(20)) \(next(1_000_000))"
          _ = try memories.add(text, person: "bench:me")
        }
      }
      store.checkpoint(ifPast: 64 << 20)
    }
  }
  print("insert.per_second", Double(count) / taken * 1000)
  let scopes = try memories.scopes(person: "bench:me")
  let now = Timestamp(milliseconds: 1_790_000_000_000)
  var searches: [Double] = []
  var recalls: [Double] = []
  var searchWork: [Double] = []
  for question in questions {
    searchWork.append(
      try processor {
        searches.append(
          try milliseconds { _ = try Searcher(store).search(question.text, in: scopes, limit: 5) })
      })
  }
  for question in questions.reversed() {
    recalls.append(
      try milliseconds { _ = try Recaller(store, at: now).recall(question.text, in: scopes, project: nil) })
  }
  print("search.processor", median(searchWork))
  print("search.median", median(searches))
  print("search.worst", searches.max() ?? 0)
  print("recall.median", median(recalls))
  print("recall.worst", recalls.max() ?? 0)
  print("forget", try milliseconds { _ = try memories.forget(["bench:me"]) })
}

func vectors(_ count: Int, _ dimension: Int) throws {
  let (store, folder) = try open()
  defer { remove(folder) }
  let scope = try store.makeScope(.person, "bench:me")
  var random = UInt64(7)
  func vector() -> [Float] {
    (0..<dimension).map { _ in
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int32(truncatingIfNeeded: random >> 32)) / Float(Int32.max)
    }
  }
  for start in stride(from: 0, to: count, by: 10_000) {
    try store.write {
      for n in start..<min(start + 10_000, count) {
        guard let unit = Vectors.unit(vector()) else { continue }
        try store.setVector(
          of: .memo(Int64(n)), in: scope.n, model: "m", dimension: dimension, data: Vectors.bytes(unit),
          code: VectorCode(unit).bytes)
      }
    }
    store.checkpoint(ifPast: 64 << 20)
  }
  var rounds: [Double] = []
  var work: [Double] = []
  for _ in 0..<21 {
    guard let query = Searcher.Query(model: "m", vector()) else { continue }
    work.append(
      try processor {
        rounds.append(try milliseconds { _ = try Searcher(store).nearest(query, in: [scope], count: 10) })
      })
  }
  print("vectors.processor", median(work))
  print("vectors.median", median(rounds))
}

let words = Array(CommandLine.arguments.dropFirst())
switch words.first {
case "quality"? where words.count > 1: try quality(words[1], words.count > 2 ? words[2] : nil)
case "speed"? where words.count > 2: try speed(words[1], Int(words[2]) ?? 1_000_000)
case "vectors"? where words.count > 2: try vectors(Int(words[1]) ?? 100_000, Int(words[2]) ?? 384)
default:
  print("usage: bench-memory quality|speed|vectors ...")
  exit(64)
}
