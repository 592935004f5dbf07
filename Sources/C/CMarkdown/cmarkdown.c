#include "CMarkdown.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum {
  INLINE = 0xC000, KIND = 0xC000, VALUE = 0x3FFF,
  ENTER = 2, EXIT = 3,
  ORDERED = 2,
  // Two tildes strike out, one does not: "1~2 hours" is no markup.
  DOUBLE_TILDE = 1 << 14,
};

static struct {
  void (*ensure_registered)(void);
  void *(*find_extension)(const char *);
  void *(*parser_new)(int);
  int (*attach)(void *, void *);
  void (*feed)(void *, const char *, size_t);
  void *(*finish)(void *);
  void (*parser_free)(void *);
  void (*node_free)(void *);
  void *(*iter_new)(void *);
  void (*iter_free)(void *);
  int (*iter_next)(void *);
  void *(*iter_node)(void *);
  unsigned (*type)(void *);
  const char *(*literal)(void *);
  const char *(*url)(void *);
  const char *(*fence_info)(void *);
  int (*fenced)(void *, int *, int *, char *);
  int (*heading_level)(void *);
  int (*list_type)(void *);
  int (*list_start)(void *);
  int (*list_tight)(void *);
  int (*start_line)(void *);
  int (*start_column)(void *);
  int (*end_line)(void *);
  const char *(*type_string)(void *);
  uint16_t (*columns)(void *);
  uint8_t *(*alignments)(void *);
  int (*is_header)(void *);
  bool (*is_checked)(void *);
  // Numbers that extensions are given when they are registered.
  unsigned *table, *row, *cell, *strikethrough;
  void *extensions[3];
} library;

static char failure[256];

static void *open_any(void) {
  // The library's name holds its version: Debian 12 and 13, and what the development package links to.
  static const char *const names[] = {
    "libcmark-gfm-extensions.so.0.29.0.gfm.6", "libcmark-gfm-extensions.so.0.29.0.gfm.13",
    "libcmark-gfm-extensions.so",
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    void *handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (handle) return handle;
    if (!failure[0]) snprintf(failure, sizeof failure, "%s", dlerror());
  }
  return NULL;
}

static void open_library(void) {
  void *handle = open_any();
  if (!handle) return;
  failure[0] = 0;
#define FIND(member, name) \
  if (!(*(void **)&library.member = dlsym(handle, name))) { \
    snprintf(failure, sizeof failure, "libcmark-gfm has no " name); \
    return; \
  }
  FIND(ensure_registered, "cmark_gfm_core_extensions_ensure_registered")
  FIND(find_extension, "cmark_find_syntax_extension")
  FIND(parser_new, "cmark_parser_new")
  FIND(attach, "cmark_parser_attach_syntax_extension")
  FIND(feed, "cmark_parser_feed")
  FIND(finish, "cmark_parser_finish")
  FIND(parser_free, "cmark_parser_free")
  FIND(node_free, "cmark_node_free")
  FIND(iter_new, "cmark_iter_new")
  FIND(iter_free, "cmark_iter_free")
  FIND(iter_next, "cmark_iter_next")
  FIND(iter_node, "cmark_iter_get_node")
  FIND(type, "cmark_node_get_type")
  FIND(literal, "cmark_node_get_literal")
  FIND(url, "cmark_node_get_url")
  FIND(fence_info, "cmark_node_get_fence_info")
  FIND(fenced, "cmark_node_get_fenced")
  FIND(heading_level, "cmark_node_get_heading_level")
  FIND(list_type, "cmark_node_get_list_type")
  FIND(list_start, "cmark_node_get_list_start")
  FIND(list_tight, "cmark_node_get_list_tight")
  FIND(start_line, "cmark_node_get_start_line")
  FIND(start_column, "cmark_node_get_start_column")
  FIND(end_line, "cmark_node_get_end_line")
  FIND(type_string, "cmark_node_get_type_string")
  FIND(columns, "cmark_gfm_extensions_get_table_columns")
  FIND(alignments, "cmark_gfm_extensions_get_table_alignments")
  FIND(is_header, "cmark_gfm_extensions_get_table_row_is_header")
  FIND(is_checked, "cmark_gfm_extensions_get_tasklist_item_checked")
  FIND(table, "CMARK_NODE_TABLE")
  FIND(row, "CMARK_NODE_TABLE_ROW")
  FIND(cell, "CMARK_NODE_TABLE_CELL")
  FIND(strikethrough, "CMARK_NODE_STRIKETHROUGH")
#undef FIND
  library.ensure_registered();
  static const char *const names[] = {"strikethrough", "tasklist", "table"};
  for (int i = 0; i < 3; i++) {
    library.extensions[i] = library.find_extension(names[i]);
    if (!library.extensions[i]) snprintf(failure, sizeof failure, "libcmark-gfm has no extension %s", names[i]);
  }
}

struct agim_md {
  void *root;
  void *iterator;
};

agim_md *agim_md_parse(const char *text, size_t length, bool tables, char *message, size_t size) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  if (failure[0]) {
    snprintf(message, size, "%s", failure);
    return NULL;
  }
  agim_md *md = calloc(1, sizeof *md);
  if (md) {
    // Extensions add their characters to a table that all parsers share, and take them out again.
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    void *parser = library.parser_new(DOUBLE_TILDE);
    for (int i = 0; i < (tables ? 3 : 2); i++) library.attach(parser, library.extensions[i]);
    library.feed(parser, text, length);
    md->root = library.finish(parser);
    library.parser_free(parser);
    pthread_mutex_unlock(&lock);
    if (md->root) md->iterator = library.iter_new(md->root);
    if (md->iterator) return md;
    agim_md_free(md);
  }
  snprintf(message, size, "out of memory");
  return NULL;
}

static int kind(unsigned type) {
  static const int blocks[] = {
    AGIM_MD_OTHER, AGIM_MD_DOCUMENT, AGIM_MD_QUOTE, AGIM_MD_LIST, AGIM_MD_ITEM, AGIM_MD_CODE_BLOCK,
    AGIM_MD_HTML_BLOCK, AGIM_MD_OTHER, AGIM_MD_PARAGRAPH, AGIM_MD_HEADING, AGIM_MD_RULE,
  };
  static const int inlines[] = {
    AGIM_MD_OTHER, AGIM_MD_TEXT, AGIM_MD_SOFT_BREAK, AGIM_MD_LINE_BREAK, AGIM_MD_CODE, AGIM_MD_HTML,
    AGIM_MD_OTHER, AGIM_MD_EMPHASIS, AGIM_MD_STRONG, AGIM_MD_LINK, AGIM_MD_IMAGE,
  };
  if (type == *library.table) return AGIM_MD_TABLE;
  if (type == *library.row) return AGIM_MD_ROW;
  if (type == *library.cell) return AGIM_MD_CELL;
  if (type == *library.strikethrough) return AGIM_MD_STRIKE;
  unsigned value = type & VALUE;
  if ((type & KIND) == INLINE)
    return value < sizeof inlines / sizeof *inlines ? inlines[value] : AGIM_MD_OTHER;
  return value < sizeof blocks / sizeof *blocks ? blocks[value] : AGIM_MD_OTHER;
}

bool agim_md_next(agim_md *md, agim_md_step *step) {
  int event = library.iter_next(md->iterator);
  if (event != ENTER && event != EXIT) return false;
  void *node = library.iter_node(md->iterator);
  *step = (agim_md_step){.kind = kind(library.type(node)), .leaves = event == EXIT};
  if (step->leaves) return true;
  switch (step->kind) {
    case AGIM_MD_TEXT:
    case AGIM_MD_CODE:
    case AGIM_MD_HTML: step->text = library.literal(node); return true;
    case AGIM_MD_SOFT_BREAK:
    case AGIM_MD_LINE_BREAK:
    case AGIM_MD_EMPHASIS:
    case AGIM_MD_STRONG:
    case AGIM_MD_STRIKE: return true;
    case AGIM_MD_LINK:
    case AGIM_MD_IMAGE: step->text = library.url(node); return true;
    default: break;
  }
  step->line = library.start_line(node);
  step->column = library.start_column(node);
  step->end_line = library.end_line(node);
  switch (step->kind) {
    case AGIM_MD_HEADING: step->number = library.heading_level(node); break;
    case AGIM_MD_LIST:
      step->ordered = library.list_type(node) == ORDERED;
      step->number = library.list_start(node);
      step->flag = library.list_tight(node) != 0;
      break;
    case AGIM_MD_ITEM: {
      const char *name = library.type_string(node);
      if (name[0] == 't') step->task = library.is_checked(node) ? 2 : 1;
      break;
    }
    case AGIM_MD_HTML_BLOCK: step->text = library.literal(node); break;
    case AGIM_MD_CODE_BLOCK: {
      int width, offset;
      char character;
      step->flag = library.fenced(node, &width, &offset, &character) != 0;
      step->text = library.literal(node);
      step->info = library.fence_info(node);
      break;
    }
    case AGIM_MD_TABLE:
      step->number = library.columns(node);
      step->alignments = library.alignments(node);
      break;
    case AGIM_MD_ROW: step->flag = library.is_header(node) != 0; break;
    default: break;
  }
  return true;
}

void agim_md_free(agim_md *md) {
  if (!md) return;
  if (md->iterator) library.iter_free(md->iterator);
  if (md->root) library.node_free(md->root);
  free(md);
}
