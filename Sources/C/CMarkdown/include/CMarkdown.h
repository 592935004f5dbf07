/// Markdown of libcmark-gfm, which is opened when the first text is parsed: a process that renders nothing
/// does not pay for the library.
///
/// The few numbers of its interface that are used stand here, because its headers would be one more package
/// and they have never changed; a test parses one of each kind.
#ifndef AGIM_CMARKDOWN_H
#define AGIM_CMARKDOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What a step is about.
enum {
  AGIM_MD_OTHER = 0,
  AGIM_MD_DOCUMENT,
  AGIM_MD_QUOTE,
  AGIM_MD_LIST,
  AGIM_MD_ITEM,
  AGIM_MD_CODE_BLOCK,
  AGIM_MD_HTML_BLOCK,
  AGIM_MD_PARAGRAPH,
  AGIM_MD_HEADING,
  AGIM_MD_RULE,
  AGIM_MD_TABLE,
  AGIM_MD_ROW,
  AGIM_MD_CELL,
  AGIM_MD_TEXT,
  AGIM_MD_SOFT_BREAK,
  AGIM_MD_LINE_BREAK,
  AGIM_MD_CODE,
  AGIM_MD_HTML,
  AGIM_MD_EMPHASIS,
  AGIM_MD_STRONG,
  AGIM_MD_STRIKE,
  AGIM_MD_LINK,
  AGIM_MD_IMAGE,
};

/// A step of a walk through a parsed text: a node is entered, or left if it may have children.
typedef struct {
  int kind;
  bool leaves;
  /// A heading's level, a list's first number, a table's columns.
  int number;
  /// Tight list; header row; fenced code block.
  bool flag;
  /// An ordered list.
  bool ordered;
  /// A task: 0 none, 1 open, 2 done.
  int task;
  /// Where a block stands, from 1; 0 where the library does not know.
  int line, column, end_line;
  /// A literal or a URL, and a fence's info string: UTF-8 with a NUL behind it, or NULL. They live as long as
  /// the parsed text.
  const char *text, *info;
  /// The alignments of a table's columns, `number` of them: 0, l, c or r.
  const uint8_t *alignments;
} agim_md_step;

typedef struct agim_md agim_md;

/// Parses UTF-8, with tables or without; NULL on failure, with the reason in `message` (at most `size` bytes
/// with its NUL).
agim_md *agim_md_parse(const char *text, size_t length, bool tables, char *message, size_t size);

/// The next step; false at the end.
bool agim_md_next(agim_md *md, agim_md_step *step);

void agim_md_free(agim_md *md);

#endif
