/// The members of a JSON object in their order.
///
/// Names are compared byte by byte. Swift's own string comparison also equates different spellings of
/// an accented letter, which other JSON programs keep apart. A look-up reads the members one after the
/// other; objects of messages and configuration are small.
package struct JSONObject: Equatable, Sendable {
  /// The members in the order of the text or of their addition; each name stands once.
  package private(set) var members: [(name: String, value: JSONValue)]

  /// Makes an object without members.
  package init() {
    members = []
  }

  /// Makes an object from members; a name given again replaces the value given before.
  package init(_ members: [(String, JSONValue)]) {
    self.members = []
    self.members.reserveCapacity(members.count)
    var places: [ByteName: Int] = [:]
    for (name, value) in members {
      if let place = places[ByteName(name)] {
        self.members[place].value = value
      } else {
        places[ByteName(name)] = self.members.count
        self.members.append((name, value))
      }
    }
  }

  /// Takes members whose names the reader knows to be different.
  init(checked members: [(name: String, value: JSONValue)]) {
    self.members = members
  }

  /// The number of members.
  package var count: Int { members.count }

  /// Whether there are no members.
  package var isEmpty: Bool { members.isEmpty }

  /// The value of a member, or nil if there is none of this name.
  ///
  /// Setting a value keeps the place of the member or appends it; setting nil removes the member.
  package subscript(name: String) -> JSONValue? {
    get {
      for member in members where ByteName.same(member.name, name) { return member.value }
      return nil
    }
    set {
      let place = members.firstIndex { ByteName.same($0.name, name) }
      switch (place, newValue) {
      case (let place?, let value?): members[place].value = value
      case (let place?, nil): members.remove(at: place)
      case (nil, let value?): members.append((name, value))
      case (nil, nil): break
      }
    }
  }

  /// Whether two objects have the same members in the same order.
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.elementsEqual(right.members) {
      ByteName.same($0.name, $1.name) && $0.value == $1.value
    }
  }
}

/// A member name as a set key, equal to another only if the bytes are.
///
/// Sets hash with a random seed per process, so names cannot be chosen to collide.
struct ByteName: Hashable {
  let text: String

  init(_ text: String) {
    self.text = text
  }

  static func == (left: ByteName, right: ByteName) -> Bool { same(left.text, right.text) }

  func hash(into hasher: inout Hasher) {
    text.utf8.span.withUnsafeBufferPointer { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }

  /// Whether two strings have the same bytes.
  static func same(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count && left.utf8.elementsEqual(right.utf8)
  }
}
