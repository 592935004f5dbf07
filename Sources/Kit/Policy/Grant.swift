package import JSON

/// A standing permission that a person gave with "always".
///
/// It covers a call only if everything that it names is the same: agent, work directory, the session
/// unless it holds everywhere, the programs that would run, and its matter.
package struct Grant: Sendable, Equatable {
  /// Where a grant holds.
  package enum Scope: Sendable, Equatable {
    /// In one session, given by its address.
    case session(String)
    /// In every session of the agent in the work directory.
    case everywhere
  }

  /// What a grant covers.
  package enum Matter: Sendable, Equatable {
    /// One command with exactly these arguments, its name first.
    case words([String])
    /// One command that begins with these words, of a program that can only report on the machine.
    case prefix([String])
    /// A tool with exactly this input, in its canonical form.
    case input(tool: String, input: String)
  }

  /// The agent that may.
  package var agent: String
  /// The work directory, resolved.
  package var workdir: String
  /// Where it holds.
  package var scope: Scope
  /// What it covers.
  package var matter: Matter
  /// The files of the programs that run.
  package var programs: [String]

  /// A grant with all its parts, as it was stored.
  package init(agent: String, workdir: String, scope: Scope, matter: Matter, programs: [String]) {
    self.agent = agent
    self.workdir = workdir
    self.scope = scope
    self.matter = matter
    self.programs = programs
  }

  /// The matter for people: the command, or the tool and its input.
  package var title: String {
    switch matter {
    case .words(let words): words.joined(separator: " ")
    case .prefix(let words): words.joined(separator: " ") + " ..."
    case .input(let tool, let input): "\(tool) \(input)"
    }
  }
}

extension Grant {
  /// The grant as one JSON object, to be stored.
  package var json: JSONValue {
    var object = JSONObject()
    object["agent"] = .string(agent)
    object["workdir"] = .string(workdir)
    if case .session(let session) = scope { object["session"] = .string(session) }
    switch matter {
    case .words(let words): object["words"] = .array(words.map { .string($0) })
    case .prefix(let words): object["prefix"] = .array(words.map { .string($0) })
    case .input(let tool, let input):
      object["tool"] = .string(tool)
      object["input"] = .string(input)
    }
    object["programs"] = .array(programs.map { .string($0) })
    return .object(object)
  }

  /// Reads what `json` gave; nil when it is anything else.
  package init?(_ value: JSONValue) {
    guard let object = value.object, let agent = object["agent"]?.string,
      let workdir = object["workdir"]?.string, let programs = Self.texts(object["programs"])
    else { return nil }
    let known = ["agent", "workdir", "session", "words", "prefix", "tool", "input", "programs"]
    guard object.members.allSatisfy({ known.contains($0.name) }) else { return nil }
    let scope: Scope
    if let session = object["session"] {
      guard let text = session.string else { return nil }
      scope = .session(text)
    } else {
      scope = .everywhere
    }
    let matter: Matter
    switch (object["words"], object["prefix"], object["tool"], object["input"]) {
    case (let words?, nil, nil, nil):
      guard let words = Self.texts(words), !words.isEmpty else { return nil }
      matter = .words(words)
    case (nil, let words?, nil, nil):
      guard let words = Self.texts(words), !words.isEmpty else { return nil }
      matter = .prefix(words)
    case (nil, nil, let tool?, let input?):
      guard let tool = tool.string, let input = input.string else { return nil }
      matter = .input(tool: tool, input: input)
    default: return nil
    }
    self.init(agent: agent, workdir: workdir, scope: scope, matter: matter, programs: programs)
  }

  private static func texts(_ value: JSONValue?) -> [String]? {
    guard let elements = value?.array else { return nil }
    let texts = elements.compactMap(\.string)
    return texts.count == elements.count ? texts : nil
  }
}
