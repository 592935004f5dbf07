"""python-telegram-bot as a client: talks to the Bot API whose address is its first argument, and says as JSON what
it saw. Run by the Python of its own environment; test_telegram.py holds the result against what the fake knows.

usage: telegram_peer.py URL TOKEN CHAT
"""

import asyncio
import io
import json
import sys

import telegram
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, RetryAfter

URL, TOKEN, CHAT = sys.argv[1], sys.argv[2], int(sys.argv[3])


def bot(token=TOKEN):
    return telegram.Bot(token, base_url=f"{URL}/bot", base_file_url=f"{URL}/file/bot")


async def refused(kind, call):
    try:
        await call
    except kind as error:
        return getattr(error, "retry_after", None) or str(error)
    raise AssertionError(f"was not refused with {kind.__name__}")


async def main():
    seen = {}
    try:
        async with bot("1:wrong"):
            raise AssertionError("a wrong token was taken")
    except InvalidToken:
        seen["wrong token"] = True
    async with bot() as me:
        seen["username"] = me.bot.username
        updates = await me.get_updates(timeout=5)
        seen["updates"] = [u.to_dict() for u in updates]
        again = await me.get_updates(offset=updates[-1].update_id, timeout=0)
        seen["redelivered"] = len(again)
        seen["after"] = len(await me.get_updates(offset=updates[-1].update_id + 1, timeout=0))
        document = next(u.message.document for u in updates if u.message and u.message.document)
        file = await me.get_file(document.file_id)
        seen["downloaded"] = bytes(await file.download_as_bytearray()).decode()
        sent = await me.send_message(
            CHAT, "<b>bold</b> &lt;x&gt; 🍎 <code>ls</code>", parse_mode=ParseMode.HTML,
            reply_markup=telegram.InlineKeyboardMarkup(
                [[telegram.InlineKeyboardButton("Allow", callback_data="a:1")]]),
            link_preview_options=telegram.LinkPreviewOptions(is_disabled=True),
            reply_parameters=telegram.ReplyParameters(updates[0].message.message_id))
        seen["sent"] = sent.to_dict()
        edited = await me.edit_message_text("done", chat_id=CHAT, message_id=sent.message_id)
        seen["edited"] = edited.to_dict()
        seen["not modified"] = await refused(
            BadRequest, me.edit_message_text("done", chat_id=CHAT, message_id=sent.message_id))
        seen["markup"] = await refused(BadRequest, me.send_message(CHAT, "<b>a", parse_mode=ParseMode.HTML))
        seen["long"] = await refused(BadRequest, me.send_message(CHAT, "x" * 4097))
        seen["empty"] = await refused(BadRequest, me.send_message(CHAT, " \n"))
        seen["no chat"] = await refused(BadRequest, me.send_message(999, "x"))
        seen["blocked"] = await refused(Forbidden, me.send_message(777, "x"))
        await me.send_chat_action(CHAT, ChatAction.TYPING)
        sent = await me.send_document(CHAT, io.BytesIO("größe".encode()), filename="ü.txt", caption="a <file>")
        seen["document"] = sent.to_dict()
        query = next(u.callback_query for u in updates if u.callback_query)
        await query.answer("Thanks")
        seen["late"] = await refused(BadRequest, query.answer("Again"))
        waiting = asyncio.create_task(me.get_updates(offset=updates[-1].update_id + 1, timeout=20))
        await asyncio.sleep(0.3)
        async with bot() as other:
            await other.get_updates(offset=updates[-1].update_id + 1, timeout=0)
        seen["conflict"] = await refused(Conflict, waiting)
        await me.set_webhook("https://example.com/hook", secret_token="abc_DEF-1")
        seen["webhook"] = (await me.get_webhook_info()).url
        seen["webhook conflict"] = await refused(Conflict, me.get_updates())
        seen["http webhook"] = await refused(BadRequest, me.set_webhook("http://example.com/hook"))
        await me.delete_webhook()
        await me.set_my_commands([("status", "What is going on")])
        for number in range(40):
            try:
                await me.send_message(CHAT, f"flood {number}")
            except RetryAfter as error:
                seen["flood"] = int(getattr(error.retry_after, "total_seconds", lambda: error.retry_after)())
                break
    print(json.dumps(seen))


asyncio.run(main())
