package import JSON

extension Markdown {
  /// For one `markdown` element of a Feishu card (JSON 2.0), also one that grows; tables are aligned code.
  package var feishuMarkdown: String { feishu(.feishu, blocks) }

  /// For one `markdown` element of a Feishu card in JSON 1.0, whose Markdown has no headings, quotes, tables
  /// and code in lines: they are strong text, lines behind a bar, aligned code, and text between backticks.
  package var feishuMarkdownOne: String { feishu(.feishuOne, blocks) }

  /// For the `elements` of a Feishu card in JSON 2.0: `markdown` elements, and `table` elements for the first
  /// `tables` tables, of which a card may have five.
  package func feishuElements(tables: Int = 5) -> [JSONValue] {
    var elements: [JSONValue] = []
    var pending: [Block] = []
    var left = tables
    func flush() {
      let text = feishu(.feishu, pending)
      if !text.isEmpty { elements.append(["tag": "markdown", "content": .string(text)]) }
      pending = []
    }
    for block in blocks {
      if case .table(let table) = block, left > 0, table.alignments.count <= 50, !table.rows.isEmpty {
        flush()
        left -= 1
        elements.append(element(table))
      } else {
        pending.append(block)
      }
    }
    flush()
    return elements
  }

  private func feishu(_ dialect: Dialect, _ blocks: [Block]) -> String {
    var writer = Writer(dialect)
    writer.blocks(blocks)
    return writer.out
  }

  private func element(_ table: Table) -> JSONValue {
    var columns: [JSONValue] = []
    for (column, alignment) in table.alignments.enumerated() {
      let cells = table.rows.map { $0[column] }
      // A column without markup is text, in which nothing can be taken for any.
      let isText = cells.allSatisfy { $0.allSatisfy(\.isText) }
      var json = JSONObject([
        ("name", .string("c\(column)")), ("display_name", .string(table.header[column].oneLine.plainText)),
        ("data_type", isText ? "text" : "markdown"), ("width", "auto"),
      ])
      switch alignment {
      case .none, .left: json["horizontal_align"] = "left"
      case .center: json["horizontal_align"] = "center"
      case .right: json["horizontal_align"] = "right"
      }
      columns.append(.object(json))
    }
    let rows = table.rows.map { row -> JSONValue in
      var json = JSONObject()
      for (column, cell) in row.enumerated() {
        let isText = columns[column]["data_type"]?.string == "text"
        let text = isText ? cell.plainText : feishu(.feishu, [.paragraph(cell.oneLine)])
        json["c\(column)"] = .string(text)
      }
      return .object(json)
    }
    return [
      "tag": "table", "page_size": 10, "row_height": "auto",
      "header_style": ["bold": true, "background_style": "grey", "lines": 2], "columns": .array(columns),
      "rows": .array(rows),
    ]
  }

  /// The `content` of a Feishu message of type `post`: `{"zh_cn": {"title", "content"}}`, of native elements,
  /// in which no text is interpreted. (A group robot wants it inside `{"post": …}`.)
  package func feishuPost(title: String = "") -> JSONValue {
    var writer = PostWriter()
    writer.blocks(blocks)
    return ["zh_cn": ["title": .string(title), "content": .array(writer.finished().map { .array($0) })]]
  }
}

extension Inline {
  fileprivate var isText: Bool { if case .text = self { true } else { false } }
}
