package import Delivery

/// What is known about Feishu (Lark) before anything of it is opened.
package enum Feishu {
  /// Its names, and the keys of its accounts.
  package static let facts = PlatformFacts(
    name: "feishu", aliases: ["lark"],
    keys: [
      "app_id", "secret", "base_url", "insecure", "encrypt_key", "verification_token", "receive", "people",
      "groups", "download_limit", "format", "streaming", "reaction", "to",
    ],
    secrets: ["secret", "encrypt_key", "verification_token"],
    variables: [
      "app_id": "FEISHU_APP_ID", "secret": "FEISHU_APP_SECRET", "base_url": "FEISHU_BASE_URL",
      "encrypt_key": "FEISHU_ENCRYPT_KEY", "verification_token": "FEISHU_VERIFICATION_TOKEN",
    ],
    needs: [["app_id"], ["secret"]])

  /// The member of a button's value that holds our token.
  package static let tokenKey = "agim"
}
