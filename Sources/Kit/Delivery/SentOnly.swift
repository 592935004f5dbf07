internal import JSON
package import Settings

extension AccountSettings {
  /// Whether nothing can be received from it: a robot, an incoming webhook, or a push service; see agim-push(7).
  package var isOnlySentTo: Bool {
    let services = [
      "ntfy", "gotify", "bark", "pushover", "matrix", "mattermost", "teams", "googlechat", "gchat",
    ]
    if services.contains(platform) || values["robot"] != nil { return true }
    return platform == "webhook" && values["url"] != nil && values["session"] == nil && values["reply"] == nil
  }
}
