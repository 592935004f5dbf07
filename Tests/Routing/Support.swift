import Routing
import Settings
import Testing
import Wire

/// Settings of a text, without any file.
func settings(_ config: String) throws -> Settings {
  try Settings.parse(
    config: Array(config.utf8), env: nil, home: Home(path: "/home/me/.agim"),
    environment: ["HOME": "/home/me"])
}

/// A message of a session.
func message(
  _ text: String, in session: String = "slack@work:%23help:7", from sender: String = "U1",
  chat: String = "group", mentioned: Bool = false
) throws -> MessageFacts {
  MessageFacts(
    session: try #require(Address(session)), sender: sender, chat: chat, mentioned: mentioned, text: text)
}

/// The same under another name, for where a local one hides it.
func routingSettings(_ config: String) throws -> Settings { try settings(config) }
