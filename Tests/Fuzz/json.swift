// Checks that the line scanner and the strict reader agree. Built by build.sh as one module with
// Sources/Kit/JSON, because libFuzzer brings its own main function.

#if canImport(JSON)
  import JSON
#endif

/// Ends the process so that libFuzzer keeps the input.
private func demand(_ condition: Bool, _ rule: StaticString) {
  precondition(condition, "broken rule: \(rule)")
}

/// Feeds one input to both readers.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let value = try? JSONReader.parse(bytes)
  _ = try? JSONReader.parse(bytes, dialect: .relaxed)
  var scanner = LineScanner()
  do throws(JSONError) {
    try scanner.scan(bytes.span)
    if let value {
      checkMembers(value, scanner, bytes)
    } else {
      checkOnlyNestedDuplicates(bytes)
    }
    checkEditor(scanner, bytes)
  } catch {
    demand(scanner.members.isEmpty, "a refused line has no members")
    demand(value?.object == nil || bytes.contains(0x0a), "the scanner accepts what the reader does")
  }
  if let value { checkWriter(value) }
  return 0
}

private func checkOnlyNestedDuplicates(_ bytes: [UInt8]) {
  do throws(JSONError) {
    _ = try JSONReader.parse(bytes)
  } catch {
    demand(
      error.message.utf8.starts(with: "expected each member name once".utf8),
      "the reader refuses only nested duplicates")
  }
}

private func checkMembers(_ value: JSONValue, _ scanner: LineScanner, _ bytes: [UInt8]) {
  demand(value.object?.count == scanner.members.count, "both see as many members")
  for (expected, member) in zip(value.object?.members ?? [], scanner.members) {
    let part = Array(bytes[member.valueStart..<member.valueEnd])
    demand((try? JSONReader.parse(part)) == expected.value, "the offsets enclose the value")
    if case .string(let text) = expected.value {
      let string = try? scanner.string(member, in: bytes.span)
      demand(string.map { $0.utf8.elementsEqual(text.utf8) } == true, "both decode alike")
      demand(member.escaped == part.contains(0x5c), "the flag says that there is a backslash")
    }
  }
}

private func checkEditor(_ scanner: LineScanner, _ bytes: [UInt8]) {
  demand(
    LineEditor.set([], in: bytes.span, scanner: scanner) == bytes, "no change changes nothing")
  var changes: [(name: String, rawValue: [UInt8]?)] = [("id", [0x31]), ("type", nil)]
  if let member = scanner.members.last {
    let quoted = Array(bytes[member.nameStart - 1...member.nameEnd])
    if let name = (try? JSONReader.parse(quoted))?.string { changes.append((name, nil)) }
  }
  let edited = LineEditor.set(changes, in: bytes.span, scanner: scanner)
  var second = LineScanner()
  demand((try? second.scan(edited.span)) != nil || edited.count > 1 << 20, "an edit keeps a line valid")
  demand(second.find("type", in: edited.span) == nil, "a removed member is gone")
}

private func checkWriter(_ value: JSONValue) {
  var writer = JSONWriter()
  writer.value(value)
  let limits = JSONLimits(maxBytes: .max)
  demand((try? JSONReader.parse(writer.bytes, limits: limits)) == value, "writing keeps the value")
}
