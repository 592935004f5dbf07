import Glibc
import System
import TestSupport
import Testing

@Suite struct LineReaderTests {
  enum Piece: Equatable {
    case line(String)
    case tooLong
  }

  /// What must come out, by a way that is too slow and too simple to be wrong.
  static func expected(_ input: [UInt8], limit: Int, delimiter: UInt8) -> [Piece] {
    var parts = input.split(separator: delimiter, omittingEmptySubsequences: false)
    if parts.last?.isEmpty == true { parts.removeLast() }
    return parts.map { $0.count > limit ? .tooLong : .line(String(decoding: $0, as: UTF8.self)) }
  }

  /// What comes out when the input arrives in these pieces.
  static func read(_ pieces: [ArraySlice<UInt8>], limit: Int, delimiter: UInt8) throws -> [Piece] {
    let (input, output) = try Descriptor.pipe()
    input.setNonBlocking()
    var reader = LineReader(limit: limit, delimiter: delimiter)
    var found: [Piece] = []
    func take() {
      while true {
        let has = reader.hasBuffered
        guard let next = reader.next() else {
          let hasEnded = reader.ended
          #expect(!has || hasEnded)
          return
        }
        switch next {
        case .line(let range):
          let bytes = reader.bytes(range)
          found.append(.line(String(decoding: bytes, as: UTF8.self)))
          reader.withBytes(range) { span in #expect(span.count == bytes.count) }
        case .tooLong: found.append(.tooLong)
        }
        let number = reader.number
        #expect(number == found.count)
      }
    }
    for piece in pieces where !piece.isEmpty {
      try Files.writeAll(Array(piece), to: output.number, subject: "test")
      #expect(try reader.fill(from: input.number) == piece.count)
      take()
      #expect(try reader.fill(from: input.number) == -1)
    }
    output.close()
    var hasEnded = reader.ended
    #expect(!hasEnded)
    // A child that another test is starting may have the other end for a moment.
    var end = pollfd(fd: input.number, events: Int16(POLLIN), revents: 0)
    #expect(poll(&end, 1, 10_000) == 1)
    #expect(try reader.fill(from: input.number) == 0)
    hasEnded = reader.ended
    #expect(hasEnded)
    take()
    #expect(reader.next() == nil)
    return found
  }

  @Test(
    "lines come out the same wherever the input is cut, and too long ones are skipped and counted",
    arguments: [
      "", "\n", "\n\n", "a", "a\n", "a\nb", "abcde\nabcdef\nabcd\n", "abcdefghijklmnop\nx\n", "abcdefghij",
      "x\nabcdefghij", "abcdef\n", "a\r\nb\r\n\r\n", "é\n日本\n", "a\0b\nc\n", "\nabcdefg\n\nabcdefg\nz",
    ], [UInt8(0x0A), 0])
  func cuts(_ text: String, _ delimiter: UInt8) throws {
    let input = text.utf8.map { delimiter == 0 ? $0 == 0x0A ? 0 : $0 == 0 ? 0x0A : $0 : $0 }
    let expected = Self.expected(input, limit: 5, delimiter: delimiter)
    for cut in 0...input.count {
      #expect(try Self.read([input[..<cut], input[cut...]], limit: 5, delimiter: delimiter) == expected)
    }
    let single = input.indices.map { input[$0...$0] }
    #expect(try Self.read(single, limit: 5, delimiter: delimiter) == expected)
  }

  @Test("lines around the limit of a real one, and many more than the buffer holds, come through")
  func large() throws {
    let (input, output) = try Descriptor.pipe()
    output.setNonBlocking()
    let limit = 1 << 20
    var bytes: [UInt8] = []
    let lengths = [limit, limit + 1, 3 * limit, 0, 1] + (0..<3000).map { $0 % 977 } + [limit, 7]
    for length in lengths { bytes += [UInt8](repeating: 0x61, count: length) + [0x0A] }
    var reader = LineReader(limit: limit)
    var sent = 0
    var found: [Int] = []
    while !reader.ended {
      if sent < bytes.count {
        let wrote = bytes.withUnsafeBytes { raw in
          raw.baseAddress.map { write(output.number, $0 + sent, min(50_000, raw.count - sent)) } ?? 0
        }
        if wrote > 0 { sent += wrote }
        if sent == bytes.count { output.close() }
      }
      _ = try reader.fill(from: input.number)
      while let next = reader.next() {
        if case .line(let range) = next { found.append(range.count) } else { found.append(-1) }
      }
    }
    #expect(found == lengths.map { $0 > limit ? -1 : $0 })
  }

  @Test("a descriptor that cannot be read is an error with its name")
  func unreadable() {
    var reader = LineReader(limit: 10)
    let error = systemError { try reader.fill(from: -1, subject: "the test") }
    #expect(error == SystemError("read", "the test", errno: EBADF))
    #expect(error?.description == "the test: Bad file descriptor (read)")
  }
}

@Suite struct OutputWriterTests {
  init() { signal(SIGPIPE, SIG_IGN) }

  @Test("a full pipe stops the writer and loses nothing, and the descriptor stays as it was")
  func fullPipe() throws {
    let (input, output) = try Descriptor.pipe()
    input.setNonBlocking()
    let writer = OutputWriter(fd: output.number)
    var expected: [UInt8] = []
    for index in 0..<5000 {
      let line = Array("line \(index) \(String(repeating: "x", count: index % 200))".utf8)
      writer.appendLine(line)
      expected += line + [0x0A]
    }
    #expect(writer.hasReader && writer.written == 0 && writer.appended == Int64(expected.count))
    #expect(try !writer.pump())
    #expect(writer.pending > 0 && writer.written > 0)
    #expect(writer.pending == expected.count - Int(writer.written))
    #expect(fcntl(output.number, F_GETFL) & O_NONBLOCK == 0)
    #expect(try !writer.drain(limit: 30))
    var got: [UInt8] = []
    for _ in 0..<10_000 where got.count < expected.count {
      if let piece = try input.read(upTo: 3000, subject: "test") { got += piece }
      try writer.pump()
    }
    let isSame = got == expected
    #expect(isSame)
    #expect(try writer.pump() && writer.pending == 0 && writer.written == writer.appended)
    writer.append(Array("text".utf8))
    #expect(try writer.drain(limit: 1000))
    #expect(try input.read(upTo: 100, subject: "test") == Array("text".utf8))
  }

  @Test("a reader that is gone, of a pipe or a socket, is said so and not a signal")
  func readerGone() throws {
    let (input, output) = try Descriptor.pipe()
    let writer = OutputWriter(fd: output.number)
    writer.appendLine(Array("one".utf8))
    #expect(try writer.pump())
    input.close()
    writer.appendLine(Array("two".utf8))
    #expect(throws: ReaderGone.self) { try writer.pump() }
    // One that was gone before the writer was made.
    let late = OutputWriter(fd: output.number)
    late.appendLine(Array("three".utf8))
    #expect(throws: ReaderGone.self) { try late.pump() }
    let (near, far) = try Self.sockets()
    let socket = OutputWriter(fd: near.number)
    far.close()
    socket.appendLine(Array("four".utf8))
    #expect(throws: ReaderGone.self) { try socket.pump() }
  }

  @Test("a full disk is an error with its reason, and what was not written stays")
  func fullDisk() throws {
    let full = try Descriptor.open("/dev/full", O_WRONLY)
    let writer = OutputWriter(fd: full.number)
    #expect(!writer.hasReader)
    writer.appendLine(Array("lost?".utf8))
    for _ in 0..<2 {
      #expect(systemError { try writer.pump() } == SystemError("write", "standard output", errno: ENOSPC))
    }
    #expect(writer.pending == 6 && writer.written == 0)
  }

  @Test("files and sockets get everything")
  func others() throws {
    let scratch = try Scratch()
    let lines = [UInt8](repeating: 0x61, count: 3_000_000)
    let file = try Descriptor.open("\(scratch.path)/out", O_WRONLY | O_CREAT)
    let toFile = OutputWriter(fd: file.number)
    toFile.appendLine(lines)
    #expect(try toFile.pump())
    #expect(try Files.read("\(scratch.path)/out", limit: 4_000_000) == lines + [0x0A])
    let (near, far) = try Self.sockets()
    far.setNonBlocking()
    let toSocket = OutputWriter(fd: near.number)
    toSocket.appendLine(lines)
    #expect(try !toSocket.pump())
    var got = 0
    for _ in 0..<100_000 where got <= lines.count {
      if let piece = try far.read(upTo: 100_000, subject: "test") { got += piece.count }
      try toSocket.pump()
    }
    #expect(got == lines.count + 1 && toSocket.pending == 0)
  }

  @Test("while another process writes to the pipe the writer stays away")
  func busyLock() throws {
    let (input, output) = try Descriptor.pipe()
    let program =
      "import fcntl, time; fcntl.lockf(1, fcntl.LOCK_EX); open('/dev/stderr', 'w').write('x'); time.sleep(100)"
    let child = try Child(
      ["python3", "-c", program], environment: ["PATH=/usr/bin:/bin"], output: .share(output.number),
      errors: .pipe)
    var ready = pollfd(fd: try #require(child.errors).number, events: Int16(POLLIN), revents: 0)
    #expect(poll(&ready, 1, 10_000) == 1)
    let writer = OutputWriter(fd: output.number)
    writer.appendLine(Array("mine".utf8))
    #expect(try !writer.pump())
    #expect(writer.lockIsBusy && writer.written == 0)
    #expect(try !writer.drain(limit: 20))
    kill(child.pid, SIGKILL)
    _ = child.wait()
    #expect(try writer.pump())
    #expect(!writer.lockIsBusy)
    #expect(try input.read(upTo: 100, subject: "test") == Array("mine\n".utf8))
  }

  static func sockets() throws -> (Descriptor, Descriptor) {
    var ends: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    return (Descriptor(ends[0]), Descriptor(ends[1]))
  }
}

@Suite struct FileTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test("a file is written whole under its name or not at all, and read up to a limit")
  func files() throws {
    let path = "\(scratch.path)/file"
    try Files.write(Array("one".utf8), to: path)
    try Files.write(Array("two".utf8), to: path)
    #expect(try Files.read(path, limit: 3) == Array("two".utf8))
    #expect(systemError { try Files.read(path, limit: 2) }?.errno == EFBIG)
    #expect(systemError { try Files.read("\(scratch.path)/none", limit: 2) }?.errno == ENOENT)
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    let failed = systemError { try Files.write([1], to: "\(scratch.path)/none/file") }
    #expect(failed?.errno == ENOENT)
    // Into the place of a directory: nothing is left behind.
    try Files.makeDirectory("\(scratch.path)/a/b/c")
    #expect(systemError { try Files.write([1], to: "\(scratch.path)/a") } != nil)
    let names = try readAll(
      #require(
        try Child(["ls", "-A", scratch.path], environment: ["PATH=/usr/bin:/bin"], output: .pipe).output))
    #expect(String(decoding: names, as: UTF8.self) == "a\nfile\n")
    try Files.makeDirectory("\(scratch.path)/a/b/c")
    #expect(stat("\(scratch.path)/a/b", &status) == 0 && status.st_mode & 0o777 == 0o700)
    #expect(systemError { try Files.makeDirectory("\(path)/below") }?.errno == ENOTDIR)
    #expect(systemError { try Files.makeDirectory(path) }?.errno == ENOTDIR)
  }

  /// Whether a lock is free, or will be in a moment: a child that another test is starting has a copy of
  /// every descriptor until it becomes its program.
  private func isFree(_ path: String) throws -> Bool {
    for _ in 0..<1000 where try FileLock.isTaken(path) { usleep(5000) }
    return try !FileLock.isTaken(path)
  }

  @Test("a lock has one holder, can be asked about by many, and ends with its process")
  func locks() throws {
    let path = "\(scratch.path)/lock"
    #expect(systemError { try FileLock.take(path, create: false) }?.errno == ENOENT)
    #expect(systemError { try FileLock.isTaken(path) }?.errno == ENOENT)
    let lock = try #require(try FileLock.take(path))
    for _ in 0..<2 {
      #expect(try FileLock.take(path) == nil)
      #expect(try FileLock.isTaken(path))
    }
    // Asking closes a descriptor of the file, which must not end the lock as it ends other kinds.
    let program =
      "import fcntl, sys, time; f = open(sys.argv[1], 'a')"
      + "; fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB); print('x', flush=True); time.sleep(100)"
    func holder() throws -> Child {
      try Child(
        ["python3", "-c", program, path], environment: ["PATH=/usr/bin:/bin"], output: .pipe, errors: .null)
    }
    #expect(try holder().wait() == .exited(1))
    lock.release()
    #expect(try isFree(path))
    let other = try holder()
    var ready = pollfd(fd: try #require(other.output).number, events: Int16(POLLIN), revents: 0)
    #expect(poll(&ready, 1, 10_000) == 1)
    #expect(try FileLock.take(path) == nil)
    #expect(try FileLock.isTaken(path))
    kill(other.pid, SIGKILL)
    _ = other.wait()
    #expect(try isFree(path))
    #expect(try FileLock.take(path) != nil)
  }

  @Test("a touch wakes whoever listens, once for each time it is cleared")
  func wake() throws {
    let one = WakeFile(path: "\(scratch.path)/wake")
    let listener = try #require(one.listen())
    func isReady() -> Bool {
      var ready = pollfd(fd: listener.number, events: Int16(POLLIN), revents: 0)
      return poll(&ready, 1, 0) == 1
    }
    #expect(!isReady())
    let other = WakeFile(path: "\(scratch.path)/wake")
    for _ in 0..<2 {
      other.touch()
      other.touch()
      #expect(isReady())
      WakeFile.clear(listener)
      #expect(!isReady())
    }
    // Where there is no directory nothing happens.
    let missing = WakeFile(path: "\(scratch.path)/missing/wake")
    missing.touch()
    #expect(missing.listen() == nil)
  }
}
