internal import Settings
internal import Stage

/// What people read that comes from this messenger itself.
struct FeishuWords {
  private let language: Language

  init(_ stage: Stage) { language = stage.settings.language }

  /// That a file is too large.
  func tooLarge(_ name: String, _ size: Int) -> String {
    let megabytes = (size + 1_048_575) / 1_048_576
    return switch language {
    case .en: "\(name) was not sent: it has \(megabytes) MB, and Feishu takes 30."
    case .zh: "未发送 \(name)：文件有 \(megabytes) MB，飞书最多接受 30 MB。"
    }
  }

  /// That a file holds nothing.
  func empty(_ name: String) -> String {
    switch language {
    case .en: "\(name) was not sent: it is empty, and Feishu takes no empty files."
    case .zh: "未发送 \(name)：文件为空，飞书不接受空文件。"
    }
  }
}
