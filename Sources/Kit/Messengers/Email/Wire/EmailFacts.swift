package import Delivery

/// What is known about mail before anything of it is opened.
// swift-format-ignore: AlwaysUseLowerCamelCase
package let FACTS = PlatformFacts(
  name: "email", aliases: ["mail"],
  keys: [
    "address", "name", "user", "password", "token", "auth", "smtp", "imap", "starttls", "mailbox",
    "authserv_id", "address_secret", "bcc", "max_size", "per_hour", "poll", "timeout",
  ],
  secrets: ["password", "token", "address_secret"],
  variables: [
    "address": "EMAIL_ADDRESS", "user": "EMAIL_USER", "password": "EMAIL_PASSWORD", "smtp": "EMAIL_SMTP",
    "imap": "EMAIL_IMAP", "authserv_id": "EMAIL_AUTHSERV_ID",
  ],
  needs: [["address"]])
