package import Delivery

/// What is known about the platform `webhook`: whatever posts to us, or takes what is posted.
package enum WebhookFacts {
  /// Keys of receiving, and those of sending, which one account may have beside each other.
  package static let facts = PlatformFacts(
    name: "webhook",
    keys: receiving + ["url", "token", "source", "headers", "insecure"], secrets: ["secret", "url", "token"],
    variables: ["secret": "WEBHOOK_SECRET", "session": "WEBHOOK_SESSION"],
    needs: [["secret"], ["session", "reply"]])

  /// The keys of receiving.
  package static let receiving = [
    "secret", "verify", "header", "session", "from", "name", "channel", "text", "path", "reply",
  ]
}
