internal import CSQLite

/// A prepared statement while it is bound, stepped and read.
struct Statement {
  private let handle: OpaquePointer
  // Statements live in a call of the database's own methods, so it is there as long as they are; counting
  // references for every value that is bound costs more than binding it.
  private unowned(unsafe) let database: Database

  init(_ handle: OpaquePointer, _ database: Database) {
    self.handle = handle
    self.database = database
    database.beginStatement()
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  /// Lets go of what the statement holds: it must be prepared anew.
  private func end() {
    sqlite3_reset(handle)
    database.endStatement()
  }

  @discardableResult
  func bind(_ at: Int32, _ value: String?) -> Statement {
    guard var value else { return self }
    value.withUTF8 { bind(at, text: UnsafeRawBufferPointer($0)) }
    return self
  }

  @discardableResult
  func bind(_ at: Int32, _ value: Int64?) -> Statement {
    if let value { sqlite3_bind_int64(handle, at, value) }
    return self
  }

  @discardableResult
  func bind(_ at: Int32, real value: Double?) -> Statement {
    if let value { sqlite3_bind_double(handle, at, value) }
    return self
  }

  @discardableResult
  func bind(_ at: Int32, blob bytes: [UInt8]) -> Statement {
    bytes.withUnsafeBytes { _ = agim_bind_blob(handle, at, $0.baseAddress, Int32(clamping: $0.count)) }
    return self
  }

  @discardableResult
  func bind(_ at: Int32, text bytes: [UInt8]) -> Statement {
    bytes.withUnsafeBytes { bind(at, text: $0) }
    return self
  }

  private func bind(_ at: Int32, text bytes: UnsafeRawBufferPointer) {
    // What cannot be bound (too big) is found by the step, as a NULL where none may be.
    if let lent = database.lend(bytes) {
      agim_bind_lent_text(handle, at, lent, Int32(clamping: bytes.count))
    } else {
      let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
      agim_bind_text(handle, at, start ?? UnsafePointer(bitPattern: 1), Int32(clamping: bytes.count))
    }
  }

  /// Goes to the next row; false when there is none.
  func step() throws(StoreError) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE:
      end()
      return false
    default:
      let error = database.error()
      end()
      throw error
    }
  }

  /// Runs a statement that gives no rows, and returns the number of rows that it changed.
  @discardableResult
  func run() throws(StoreError) -> Int {
    if try step() { end() }
    return database.changes
  }

  /// Reads every row.
  func rows<Row>(_ read: (Statement) -> Row) throws(StoreError) -> [Row] {
    var all: [Row] = []
    while try step() { all.append(read(self)) }
    return all
  }

  /// Reads the first row.
  func first<Row>(_ read: (Statement) -> Row) throws(StoreError) -> Row? {
    guard try step() else { return nil }
    let row = read(self)
    end()
    return row
  }

  func int(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  func optionalInt(_ column: Int32) -> Int64? {
    sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : sqlite3_column_int64(handle, column)
  }

  func optionalText(_ column: Int32) -> String? {
    sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : text(column)
  }

  func double(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }

  func optionalDouble(_ column: Int32) -> Double? {
    sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : sqlite3_column_double(handle, column)
  }

  /// The bytes of a column, lent until the next step.
  func withBytes<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let start = sqlite3_column_blob(handle, column)
    return body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
  }

  func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }

  func bytes(_ column: Int32) -> [UInt8] {
    guard let start = sqlite3_column_blob(handle, column) else { return [] }
    return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
  }
}
