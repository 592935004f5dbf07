import Console
import Delivery
import Network
import Settings
import Stage
import System
import Web

/// What the options say to the sources of chat platforms, and the server that they share.
func sourceOptions(_ arguments: Arguments, _ stage: Stage) throws -> SourceOptions {
  var options = SourceOptions()
  if let text = arguments.value("deaf-after") {
    guard let time = DurationText.parse(text), time >= .seconds(60) else {
      throw Failure.usage("--deaf-after: '\(text)' is not a time such as 15m, 1m at least")
    }
    options.deafAfter = time.milliseconds
  }
  guard let address = arguments.value("listen") else {
    for name in ["prefix", "public-url", "rate", "trust-proxy"] where arguments.has(name) {
      throw Failure.usage("--\(name): there is nothing that listens", hint: "say --listen 127.0.0.1:8080")
    }
    return options
  }
  options.publicURL = try arguments.value("public-url").map(publicURL)
  options.listen = try server(address, arguments, stage)
  return options
}

private func server(_ address: String, _ arguments: Arguments, _ stage: Stage) throws -> HTTPServer {
  var options = HTTPServer.Options()
  options.trustsProxy = arguments.has("trust-proxy")
  if let text = arguments.value("prefix") {
    guard text.hasPrefix("/"), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x3F && $0 != 0x25 })
    else {
      throw Failure.usage("--prefix: '\(text)' is not a path such as /agim")
    }
    var prefix = text
    while prefix.hasSuffix("/") { prefix.removeLast() }
    options.prefix = prefix
  }
  if let text = arguments.value("rate") {
    guard let rate = Double(text), rate > 0, rate <= 1_000_000 else {
      throw Failure.usage("--rate: '\(text)' is not a number of requests a second")
    }
    options.perAddress = rate
  }
  do throws(ListenError) {
    let server = try HTTPServer(stage.loop, address: address, options)
    if server.isExposed {
      Log.warning(
        "whoever reaches this machine can read what is posted: nothing is encrypted; put a reverse proxy with TLS "
          + "before it and listen at 127.0.0.1", [("address", server.address)])
    }
    return server
  } catch {
    guard error.isMalformed else {
      throw Failure(.unavailable, "--listen: \(error)", hint: "is another program there? choose another port")
    }
    throw Failure.usage("--listen: \(error)")
  }
}

/// An address without a slash at its end.
private func publicURL(_ text: String) throws -> String {
  var url = text
  while url.hasSuffix("/") { url.removeLast() }
  guard let address = try? WebAddress(url), address.query == nil else {
    throw Failure.usage("--public-url: '\(text)' is not an address such as https://example.com/agim")
  }
  return url
}
