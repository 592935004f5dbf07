package import Console
package import Stage

/// A messenger that can find out whether its account works, without sending anything.
package protocol Checkable: AnyObject {
  /// Asks the platform; `done` is called once, with a few lines for the operator or with what is wrong.
  func check(_ done: @escaping (Result<[String], Failure>) throws -> Void) throws
}

/// A messenger that does not take every file.
package protocol FileChecking: AnyObject {
  /// Why a file cannot be sent; nil when it can.
  func refusal(of file: Attachment) -> String?
}
