"""What Feishu accepts as a card of schema 2.0, and what a person reads of it.

Stricter than the platform: what agim never needs is refused, too, so that a slip in a builder fails a test.
"""

import json
import re

LIMIT = 30_000
ELEMENTS = 200
TABLES = 5
TEMPLATES = {
    "blue", "wathet", "turquoise", "green", "yellow", "orange", "red", "carmine", "violet", "purple", "indigo",
    "grey", "default"}
BUTTONS = {
    "default", "primary", "danger", "text", "primary_text", "danger_text", "primary_filled", "danger_filled"}
SIZES = {
    "heading-0", "heading-1", "heading-2", "heading-3", "heading-4", "heading", "normal", "notation", "xxxx-large",
    "xxx-large", "xx-large", "x-large", "large", "medium", "small", "x-small"}
BACKGROUNDS = {"default", "grey", "grey-50", "grey-100", "orange-50", "red-50", "green-50", "blue-50"}
GONE = {"action", "note"}
# Tags that call somebody, or show what was not said: nothing that an agent writes may become one.
ALIVE = re.compile(r"<\s*/?\s*(at|person|link|font|text_tag|number_tag|local_datetime|audio|raw|a|img)\b", re.I)
FENCED = re.compile(r"^(`{3,}|~{3,})[^\n]*\n.*?^\1[`~]*[ \t]*$", re.M | re.S)
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.S)


class CardError(Exception):
    """Why the platform does not take a card: its own code, and words."""

    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


def need(holds, text, code=200621):
    if not holds:
        raise CardError(code, text)


def only(thing, allowed, where):
    need(isinstance(thing, dict), f"{where} is not an object")
    unknown = set(thing) - set(allowed.split())
    need(not unknown, f"{where} has unknown members {sorted(unknown)}")


def text(thing, where, limit=None, tags=("plain_text",)):
    only(thing, "tag content text_size text_color text_align lines", where)
    need(thing.get("tag") in tags, f"{where} has the tag {thing.get('tag')}")
    content = thing.get("content")
    need(isinstance(content, str) and content != "", f"{where} has no content")
    need(limit is None or len(content) <= limit, f"{where} is longer than {limit} characters")
    size = thing.get("text_size", "normal")
    need(size in SIZES, f"{where} has the size {size}")


def tables(markdown):
    """How many tables a Markdown text holds."""
    bare = FENCED.sub("", markdown)
    return len(re.findall(r"^ {0,3}\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*$", bare, re.M))


def outside_code(markdown):
    return CODE.sub("", FENCED.sub("", markdown))


class Checker:
    """Checks one card; `alive` lists the tags in Markdown that are meant."""

    def __init__(self, images=()):
        self.ids = set()
        self.count = 0
        self.tables = 0
        self.images = images

    def card(self, card, raw):
        need(len(raw.encode()) <= LIMIT, f"the card has {len(raw.encode())} bytes", 200860)
        need(card, "the card is empty", 300307)
        only(card, "schema config header body card_link", "the card")
        need(card.get("schema") == "2.0", "schema is not 2.0", 300303)
        self.config(card.get("config", {}))
        if "header" in card:
            self.header(card["header"])
        body = card.get("body")
        only(body, "elements direction padding horizontal_spacing vertical_spacing vertical_align", "body")
        elements = body.get("elements")
        need(isinstance(elements, list) and elements, "body has no elements")
        for number, element in enumerate(elements):
            self.element(element, f"elements[{number}]")
        need(self.count <= ELEMENTS, f"{self.count} elements", 300305)
        need(self.tables <= TABLES, f"{self.tables} tables", 11310)

    def config(self, config):
        only(config, "streaming_mode streaming_config summary update_multi width_mode enable_forward"
             " enable_forward_interaction", "config")
        need(config.get("update_multi") is True, "update_multi is not stated to be true", 300302)
        for name in ("streaming_mode", "enable_forward", "enable_forward_interaction"):
            need(isinstance(config.get(name, True), bool), f"{name} is not a truth value")
        need(config.get("width_mode", "default") in {"default", "compact", "fill"}, "width_mode")
        if "summary" in config:
            only(config["summary"], "content i18n_content", "summary")
            need(isinstance(config["summary"].get("content"), str), "summary has no content")
        if "streaming_config" in config:
            self.pace(config["streaming_config"])

    @staticmethod
    def pace(pace):
        only(pace, "print_frequency_ms print_step print_strategy", "streaming_config")
        for name in ("print_frequency_ms", "print_step"):
            if name in pace:
                only(pace[name], "default android ios pc", name)
                need(isinstance(pace[name].get("default"), int), f"{name} has no default")
        need(pace.get("print_strategy", "fast") in {"fast", "delay"}, "print_strategy")

    def header(self, header):
        only(header, "title subtitle template text_tag_list icon padding", "header")
        text(header.get("title"), "header.title", tags=("plain_text",))
        if "subtitle" in header:
            text(header["subtitle"], "header.subtitle")
        need(header.get("template", "default") in TEMPLATES, f"header.template {header.get('template')}")
        need(len(header.get("text_tag_list", [])) <= 3, "more than three tags")
        for tag in header.get("text_tag_list", []):
            only(tag, "tag element_id text color", "text_tag")
            need(tag.get("tag") == "text_tag", "text_tag")
            text(tag.get("text"), "text_tag.text")

    def element(self, element, where):
        need(isinstance(element, dict), f"{where} is not an object")
        tag = element.get("tag")
        self.count += 1
        need(tag not in GONE, f"unsupported tag {tag}", 200861)
        check = getattr(self, f"a_{tag}", None)
        need(check is not None, f"{where} has the unknown tag {tag}")
        if "element_id" in element:
            name = element["element_id"]
            need(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,19}", name or ""), f"element_id {name!r}")
            need(name not in self.ids, f"element_id {name} stands twice", 300301)
            self.ids.add(name)
        check(element, where)

    def a_markdown(self, element, where):
        only(element, "tag content element_id text_size text_align margin", where)
        content = element.get("content")
        need(isinstance(content, str), f"{where} has no content")
        need(element.get("text_size", "normal") in SIZES, f"{where} has an unknown size")
        check_markdown(content, self.images)
        own = tables(content)
        need(own <= 4, f"{where} has {own} tables", 11310)
        self.tables += own

    def a_div(self, element, where):
        only(element, "tag text element_id margin", where)
        text(element.get("text"), f"{where}.text")
        self.count += 1

    def a_hr(self, element, where):
        only(element, "tag element_id margin", where)

    def a_column_set(self, element, where):
        only(element, "tag columns flex_mode background_style horizontal_spacing margin element_id", where)
        need(element.get("flex_mode", "none") in {"none", "stretch", "flow", "bisect", "trisect"}, f"{where}.flex_mode")
        need(element.get("background_style", "default") in BACKGROUNDS, f"{where}.background_style")
        columns = element.get("columns")
        need(isinstance(columns, list) and columns, f"{where} has no columns")
        for number, column in enumerate(columns):
            inner = f"{where}.columns[{number}]"
            only(column, "tag width weight vertical_align vertical_spacing padding background_style elements", inner)
            need(column.get("tag") == "column", f"{inner} is no column")
            need(column.get("width", "auto") in {"auto", "weighted"}, f"{inner}.width")
            self.count += 1
            for place, child in enumerate(column.get("elements", [])):
                self.element(child, f"{inner}.elements[{place}]")

    def a_table(self, element, where):
        only(element, "tag element_id page_size row_height row_max_height header_style columns rows margin", where)
        self.tables += 1
        need(1 <= element.get("page_size", 5) <= 10, f"{where}.page_size")
        columns, rows = element.get("columns"), element.get("rows")
        need(isinstance(columns, list) and 1 <= len(columns) <= 50, f"{where}.columns")
        kinds = {}
        for column in columns:
            only(column, "name display_name data_type width horizontal_align vertical_align format", f"{where}.columns")
            need(column.get("data_type") in {"text", "markdown", "lark_md", "number"}, f"{where}: data_type")
            kinds[column["name"]] = column["data_type"]
        need(len(kinds) == len(columns), f"{where}: names of columns that stand twice")
        for row in rows:
            need(set(row) <= set(kinds), f"{where}: a row of other columns", 200915)
            for name, value in row.items():
                need(isinstance(value, str), f"{where}: a cell that is no text", 200914)
                if kinds[name] != "text":
                    check_markdown(value, self.images)

    def a_button(self, element, where):
        only(element, "tag element_id type size width text behaviors margin disabled confirm hover_tips", where)
        text(element.get("text"), f"{where}.text", 100)
        need(element.get("type", "default") in BUTTONS, f"{where}.type {element.get('type')}")
        need(element.get("size", "medium") in {"tiny", "small", "medium", "large"}, f"{where}.size")
        behaviors = element.get("behaviors")
        need(isinstance(behaviors, list) and len(behaviors) == 1, f"{where} has no behaviour")
        for behavior in behaviors:
            only(behavior, "type value", f"{where}.behaviors")
            need(behavior.get("type") == "callback", f"{where} does not call back")
            need(isinstance(behavior.get("value"), dict), f"{where} sends something else than an object")


def check_markdown(content, images=()):
    """Refuses what would call people, or a picture that nobody uploaded."""
    found = ALIVE.search(outside_code(content))
    need(not found, f"a tag of the platform in what an agent wrote: {found and found.group(0)}", 100290)
    for key in re.findall(r"!\[[^\]\n]*\]\(([^)\s]*)\)", outside_code(content)):
        need(key in images, f"image key {key}", 200570)


def check(raw, images=()):
    """The card of a JSON text.

    Raises CardError.
    """
    try:
        card = json.loads(raw)
    except ValueError as error:
        raise CardError(200621, f"parse card json err: {error}") from None
    Checker(images).card(card, raw)
    return card


def walk(thing):
    """All elements of a card, in their order."""
    if isinstance(thing, dict):
        if "tag" in thing:
            yield thing
        for value in thing.values():
            yield from walk(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from walk(value)


def find(card, element_id):
    """The element with an id."""
    return next((one for one in walk(card) if one.get("element_id") == element_id), None)


def readable(card):
    """What a person reads of a card, a line for each piece."""
    pieces = []
    for one in walk(card):
        if one["tag"] in {"markdown", "plain_text"}:
            pieces.append(one["content"])
        elif one["tag"] == "table":
            pieces.append(" | ".join(column["display_name"] for column in one["columns"]))
            pieces += [" | ".join(row.values()) for row in one["rows"]]
    return "\n".join(pieces)


def buttons(card):
    """The buttons of a card: label, type, value."""
    return [
        (one["text"]["content"], one.get("type", "default"), one["behaviors"][0]["value"])
        for one in walk(card) if one["tag"] == "button"]
