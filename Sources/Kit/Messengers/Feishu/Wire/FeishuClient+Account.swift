package import System

package import class Delivery.Account

extension FeishuClient {
  /// A client of an account.
  ///
  /// - Throws: `Failure` with status 78 or 69 where the account lacks something.
  package convenience init(_ account: Account, loop: EventLoop) throws {
    let isLark = account.name.hasPrefix("lark")
    self.init(
      app: try account.need("app_id"), secret: try account.needSecret("secret"),
      base: try account.url("base_url", default: isLark ? Self.lark : Self.feishu), loop: loop)
  }
}
