/// How a platform wants a text to be marked up, for the writer that all of them share.
struct Dialect: Sendable {
  /// What stands before and behind something.
  struct Pair: Sendable {
    var open: String
    var close: String
    init(_ open: String, _ close: String) { (self.open, self.close) = (open, close) }
    init(_ both: String) { (open, close) = (both, both) }
  }

  /// What becomes of characters that would be markup.
  enum Escapes: Sendable {
    /// Nothing is markup.
    case none
    /// `<`, `>` and `&` are references.
    case html
    /// A backslash stands before what would be markup where it stands.
    case backslash
    /// What would be markup is a numeric reference.
    case references
    /// `<`, `>` and `&` are references, and what would be markup is kept apart by a blank that has no width.
    case slack
    /// What would be markup cannot be escaped; what would act is kept apart.
    case apart
  }

  enum Links: Sendable {
    /// `words (url)`
    case words
    /// `<a href="url">words</a>`; a URL that stands for itself is written between `<` and `>`
    case html
    /// `[words](url)`
    case markdown
    /// `<url|words>`
    case slack
  }

  enum Code: Sendable {
    /// Lines as they are.
    case bare
    /// `<pre>`, with the language in an inner `<code>`.
    case html
    /// A fence, with or without the language.
    case fence(hasLanguage: Bool)
    /// Each line is code in a line.
    case lines
  }

  enum Tables: Sendable {
    /// Aligned, as a block of code, if it is not wider than this; else a line for each cell.
    case aligned(Int)
    /// A line for each cell.
    case records
    /// With pipes.
    case pipes
  }

  enum Quotes: Sendable {
    /// Before every line; where quotes do not nest, only the outermost has it.
    case prefix(String, nests: Bool)
    /// Tags around the outermost; inner ones have a prefix.
    case tags(Pair)
  }

  var strong = Pair("")
  var emphasis = Pair("")
  var strike = Pair("~~")
  /// Around code in a line; nil where backticks are to be as many as are needed.
  var code: Pair? = Pair("`")
  var escapes = Escapes.none
  var links = Links.words
  var codeBlocks = Code.bare
  var tables = Tables.aligned(100)
  var quotes = Quotes.prefix("> ", nests: true)
  /// The deepest heading that is written with number signs; other headings are strong.
  var headings = 0
  /// What stands before an item, by depth; the last for all that are deeper.
  var bullets = ["• ", "◦ ", "▪ "]
  /// What a task begins with, done and open.
  var tasks = Pair("☑ ", "☐ ")
  /// What stands before an item for every list around its own; nil for as many blanks as that list's marker
  /// takes.
  var indent: String? = nil
  var rule = "──────────"
  var lineBreak = "\n"
  /// What keeps strong text and letters apart where CommonMark would not see that it ends.
  var spacer = ""
  /// Whether pictures are written as pictures.
  var hasPictures = false
  /// Whether mail and telephone links are links.
  var hasOtherLinks = true
  /// Whether a block of code is understood at the beginning of a line only.
  var codeIsFlush = false
  /// Whether a fence is three backticks, whatever stands in it.
  var fenceIsFixed = false
  /// Whether the two highest headings have a line below them.
  var hasUnderlines = false
  /// What stands before every line of a block of code.
  var codeIndent = ""
  /// What a URL that stands for itself is written as.
  var urls = Links.words
  /// Words that would notify everybody.
  var alarms: [String] = []
}

extension Dialect {
  /// No markup at all.
  static let plain = Dialect()

  /// The plain part of an e-mail, before its lines are folded.
  static let mail = Dialect(hasUnderlines: true, codeIndent: "    ")

  static let telegram = Dialect(
    strong: Pair("<b>", "</b>"), emphasis: Pair("<i>", "</i>"), strike: Pair("<s>", "</s>"),
    code: Pair("<code>", "</code>"), escapes: .html, links: .html, codeBlocks: .html, tables: .aligned(64),
    quotes: .tags(Pair("<blockquote>", "</blockquote>")), hasOtherLinks: false)

  static let slack = Dialect(
    strong: Pair("*"), emphasis: Pair("_"), strike: Pair("~"), code: Pair("`"), escapes: .slack,
    links: .slack,
    codeBlocks: .fence(hasLanguage: false), tables: .aligned(100), quotes: .prefix("> ", nests: false),
    fenceIsFixed: true, urls: .slack, alarms: ["@channel", "@here", "@everyone"])

  static let discord = Dialect(
    strong: Pair("**"), emphasis: Pair("*"), strike: Pair("~~"), code: nil, escapes: .backslash,
    links: .markdown, codeBlocks: .fence(hasLanguage: true), tables: .aligned(100),
    quotes: .prefix("> ", nests: false), headings: 3, bullets: ["- "], hasOtherLinks: false,
    fenceIsFixed: true, alarms: ["@everyone", "@here"])

  static let dingtalk = Dialect(
    strong: Pair("**"), emphasis: Pair("*"), strike: Pair(""), code: nil, escapes: .backslash,
    links: .markdown, codeBlocks: .fence(hasLanguage: true), tables: .records,
    quotes: .prefix("> ", nests: false), headings: 6, bullets: ["- ", "• "],
    indent: "\u{A0}\u{A0}\u{A0}\u{A0}", rule: "---", lineBreak: "  \n", spacer: " ", hasPictures: true,
    hasOtherLinks: false, codeIsFlush: true, urls: .markdown, alarms: ["@all", "@所有人"])

  static let wecom = Dialect(
    strong: Pair("**"), emphasis: Pair(""), strike: Pair(""), code: Pair("`"), escapes: .apart,
    links: .markdown, codeBlocks: .lines, tables: .records, quotes: .prefix("> ", nests: false), headings: 6,
    indent: "\u{3000}", spacer: " ", hasOtherLinks: false, urls: .markdown, alarms: ["@all", "@所有人"])

  static let wecomV2 = Dialect(
    strong: Pair("**"), emphasis: Pair("*"), strike: Pair(""), code: nil, escapes: .backslash,
    links: .markdown, codeBlocks: .fence(hasLanguage: true), tables: .pipes,
    quotes: .prefix("> ", nests: true), headings: 6, bullets: ["- "], rule: "---", spacer: " ",
    hasPictures: true, hasOtherLinks: false, codeIsFlush: true, urls: .markdown, alarms: ["@all", "@所有人"])

  /// Card JSON 2.0.
  static let feishu = Dialect(
    strong: Pair("**"), emphasis: Pair("*"), strike: Pair("~~"), code: nil, escapes: .references,
    links: .markdown, codeBlocks: .fence(hasLanguage: true), tables: .aligned(64),
    quotes: .prefix("> ", nests: true), headings: 6, bullets: ["- "], indent: "    ", rule: "---",
    spacer: " ", hasOtherLinks: false, codeIsFlush: true, urls: .markdown)

  /// Card JSON 1.0, whose Markdown has no headings, quotes, tables and code in lines.
  static let feishuOne = Dialect(
    strong: Pair("**"), emphasis: Pair("*"), strike: Pair("~~"), code: Pair("&#96;"), escapes: .references,
    links: .markdown, codeBlocks: .fence(hasLanguage: true), tables: .aligned(64),
    quotes: .prefix("┃ ", nests: true), bullets: ["- "], indent: "    ", rule: "---", spacer: " ",
    hasOtherLinks: false, codeIsFlush: true, urls: .markdown)

  static let commonMark = Dialect(
    strong: Pair("**"), emphasis: Pair("*"), strike: Pair("~~"), code: nil, escapes: .backslash,
    links: .markdown, codeBlocks: .fence(hasLanguage: true), tables: .pipes,
    quotes: .prefix("> ", nests: true), headings: 6, bullets: ["- "], tasks: Pair("[x] ", "[ ] "),
    rule: "---", lineBreak: "  \n", spacer: " ", urls: .html)
}
