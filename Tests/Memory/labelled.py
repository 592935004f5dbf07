#!/usr/bin/env python3
"""A thousand memos and the questions that people would ask for them, each with the memo that is wanted.

usage: labelled.py          a line of JSON for each memo, then one for each question

Deterministic. The memos of a topic differ in a few words only, so that a question has many near misses; the
questions say it in other words than the memos do. A fifth mixes the languages, as people do who work in two.
"""

import json
import random

ZH_PEOPLE = "李雷 韩梅梅 王小明 张伟 刘洋 陈静 赵敏 周杰 吴倩 孙磊 马超 林晓 郭涛 何芳 高峰 罗兰 宋佳 唐宁 许岩 邓超".split()
EN_PEOPLE = "Alice Boris Carmen Dmitri Elena Farid Greta Hannah Igor Jonas Keiko Liam Mireille Nadia Oscar Priya Quentin Rosa Stefan Tove".split()
ZH_CITIES = "杭州 成都 西安 大连 厦门 南京 苏州 青岛 长沙 昆明 武汉 哈尔滨".split()
EN_CITIES = "Lisbon Hamburg Oslo Kyoto Denver Nairobi Seville Gdansk Toronto Lyon Bergen Cardiff".split()
ZH_ROOMS = "厨房 书房 阳台 车库 主卧 客厅 储物间 地下室".split()
EN_ROOMS = "kitchen,study,balcony,garage,bedroom,hallway,attic,cellar".split(",")
ZH_DAYS = "周一 周二 周三 周四 周五 周六 周日".split()
EN_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
ZH_SYSTEMS = "订单系统 支付网关 库存服务 报表平台 登录服务 消息队列 搜索服务 推荐引擎 日志平台 短信通道".split()
EN_SYSTEMS = "billing,checkout,inventory,reporting,login,mailer,search,crawler,archive,gateway".split(",")

# topic: (slots, zh memos, zh questions, en memos, en questions); {a} and {b} are asked for, {v} is the answer.
TOPICS = {
    "allergy": (("person", "food"), ["{a}对{b}过敏，一吃就起疹子"], ["{a}不能吃什么东西来着，是{b}吗", "请{a}吃饭，{b}能不能上"],
        ["{a} is allergic to {b} and carries a pen for it"], ["can I serve {b} to {a}", "which food must {a} avoid, was it {b}"]),
    "gift": (("person", "thing"), ["{a}生日想要一个{b}，预算{v}元"], ["给{a}送{b}大概要花多少钱", "{a}过生日想收到{b}吗"],
        ["For the birthday {a} wishes for a {b}, about {v} euros"], ["how much is the {b} that {a} wants as a present", "birthday present for {a}, the {b}"]),
    "keyplace": (("room", "thing"), ["{b}的备用钥匙放在{a}第{v}个抽屉"], ["{a}里{b}的钥匙收在哪个抽屉", "找{b}备用钥匙，应该在{a}"],
        ["The spare key for the {b} lies in the {a}, drawer {v}"], ["where in the {a} did we put the key of the {b}", "{b} spare keys, {a} drawer"]),
    "wifi": (("city", "place"), ["{a}{b}的无线网密码贴在第{v}号柜子上"], ["在{a}的{b}怎么连无线网", "{a}{b}的无线密码贴在哪"],
        ["In {a} the wireless password of the {b} is on cabinet {v}"], ["how do I get onto the wireless network at the {b} in {a}", "{a} {b} wifi password wireless"]),
    "server": (("system", "city"), ["{a}的机房在{b}，机柜编号{v}"], ["{a}部署在{b}的哪个机柜", "{b}机房里{a}是几号机柜"],
        ["The {a} servers stand in {b}, rack {v}"], ["which rack in {b} holds the {a} machines", "rack number of {a} server, {b}"]),
    "oncall": (("system", "day"), ["{b}由第{v}小组值班，负责{a}"], ["{a}{b}谁值班", "{b}如果{a}挂了找哪个小组"],
        ["Team {v} is on call for {a} every {b}"], ["who is on call for {a} on a {b}", "{a} breaks on {b}, which team do I ring"]),
    "bug": (("system", "cause"), ["{a}上次宕机是因为{b}，修复单号{v}"], ["{a}之前因为{b}宕机的修复单", "{b}导致{a}出故障那次的单号是多少"],
        ["The last outage of {a} came from {b}, ticket {v}"], ["what was the ticket when {b} took {a} down", "{a} outage caused by {b}"]),
    "decision": (("system", "tech"), ["评审决定{a}改用{b}，第{v}次会议通过"], ["{a}换成{b}是哪次会议定的", "什么时候决定{a}用{b}的"],
        ["We decided in meeting {v} to move {a} to {b}"], ["in which meeting was {b} chosen for {a}", "did we ever decide on moving {a} over to {b}"]),
    "doctor": (("person", "clinic"), ["{a}预约了{b}，{v}点到"], ["{a}几点去看{b}", "{a}的{b}预约时间"],
        ["{a} has an appointment at the {b}, at {v} o'clock"], ["what time is {a} seeing the {b}", "when must {a} be at the {b}"]),
    "size": (("person", "cloth"), ["{a}的{b}穿{v}码"], ["给{a}买{b}要多大码", "{a}穿几码的{b}"],
        ["{a} wears {b} in size {v}"], ["what size of {b} should I buy for {a}", "{a} {b} size"]),
    "trip": (("city", "person"), ["和{b}去{a}的火车是{v}次"], ["跟{b}一起去{a}坐哪趟火车", "{a}出差，{b}同行，车次"],
        ["The train to {a} with {b} is number {v}"], ["which train do {b} and I take to {a}", "train number for travelling with {b} to {a}"]),
    "hotel": (("city", "hotel"), ["{a}住{b}，房间{v}，含早餐"], ["在{a}的{b}住几号房", "{a}{b}订的房间含早餐吗"],
        ["In {a} we stay at the {b}, room {v}, breakfast included"], ["what room do we have at the {b} in {a}", "is breakfast part of our stay in {a} at the {b}"]),
    "lesson": (("person", "skill"), ["{a}{v}点教我{b}"], ["跟{a}学{b}是几点", "{a}的{b}课什么时候上"],
        ["{a} teaches me {b} at {v}"], ["when is my {b} lesson with {a}", "what time does {a} teach {b}"]),
    "recipe": (("dish", "food"), ["做{a}时{b}放{v}克最合适"], ["{a}里要放多少{b}", "烧{a}，{b}几克"],
        ["For {a} take {v} grams of {b}"], ["how much {b} goes into {a}", "cooking {a}, grams of {b}"]),
    "plant": (("room", "plant"), ["{a}的{b}每{v}天浇一次水"], ["{a}那盆{b}多久浇水", "{b}在{a}，几天浇一次"],
        ["Water the {b} in the {a} every {v} days"], ["how often does the {b} in the {a} need watering", "{a} {b} watering interval"]),
    "loan": (("person", "thing"), ["{a}借走了我的{b}，说{v}号还"], ["我的{b}借给{a}了吗，哪天还", "{a}什么时候把{b}还我"],
        ["{a} borrowed my {b} and returns it on the {v}th"], ["did I lend the {b} to {a}, and until when", "when do I get my {b} back from {a}"]),
    "contract": (("firm", "city"), ["和{a}{b}分公司的合同{v}月到期"], ["{a}在{b}的合同哪个月到期", "跟{b}的{a}续约是几月"],
        ["The contract with the {b} office of {a} ends in month {v}"], ["when does our contract with {a} in {b} expire", "{a} {b} contract renewal month"]),
    "meeting": (("person", "day"), ["{b}和{a}在{v}号会议室碰头，谈预算"], ["{b}跟{a}在哪个会议室谈预算", "和{a}{b}的预算会在几号会议室"],
        ["On {b} I meet {a} in room {v} about the budget"], ["in which room is the budget meeting with {a} on {b}", "{b} meeting {a} budget, room number"]),
    "book": (("person", "subject"), ["{a}推荐了一本讲{b}的书，在书架第{v}层"], ["{a}说的那本{b}的书放在书架哪一层", "想看{b}的书，{a}推荐过哪本"],
        ["{a} recommended a book about {b}, it is on shelf {v}"], ["on which shelf is the {b} book that {a} told me to read", "{a} recommendation book {b}"]),
    "pet": (("person", "pet"), ["{a}家的{b}每天吃{v}顿"], ["帮{a}喂{b}，一天几顿", "{a}养的{b}一天要喂几次"],
        ["The {b} of {a} is fed {v} times a day"], ["how many times a day do I feed {a}'s {b}", "feeding the {b} while {a} is away"]),
}
SLOTS = {
    "person": (ZH_PEOPLE, EN_PEOPLE), "city": (ZH_CITIES, EN_CITIES), "room": (ZH_ROOMS, EN_ROOMS),
    "day": (ZH_DAYS, EN_DAYS), "system": (ZH_SYSTEMS, EN_SYSTEMS),
    "food": ("花生 芒果 虾 牛奶 芝麻 菠萝 香菜 小麦 核桃 蜂蜜".split(), "peanuts mango shrimp milk sesame pineapple celery wheat walnuts honey".split()),
    "thing": ("帐篷 相机 自行车 电钻 投影仪 吉他 行李箱 望远镜 梯子 冲浪板".split(), "tent camera bicycle drill projector guitar suitcase telescope ladder kayak".split()),
    "place": ("办事处 图书馆 咖啡馆 工厂 仓库 展厅".split(), "office library cafe factory warehouse showroom".split()),
    "cause": ("磁盘写满 证书过期 内存泄漏 配置写错 网络抖动 时钟漂移 死锁 升级失败".split(), "a full disk,an expired certificate,a memory leak,a wrong setting,packet loss,clock drift,a deadlock,a failed upgrade".split(",")),
    "tech": ("Kafka Redis PostgreSQL Rust Kubernetes GraphQL ClickHouse Swift".split(), "Kafka Redis PostgreSQL Rust Kubernetes GraphQL ClickHouse Swift".split()),
    "clinic": ("牙医 眼科 皮肤科 体检中心 骨科 中医".split(), "dentist,optician,dermatologist,cardiologist,physiotherapist,vet".split(",")),
    "cloth": ("球鞋 衬衫 手套 羽绒服 牛仔裤 雨衣".split(), "boots,shirts,gloves,jackets,trousers,raincoats".split(",")),
    "hotel": ("湖滨酒店 青年旅舍 机场宾馆 老城客栈 会展公寓".split(), "Harbour Inn,Old Mill,Station Hotel,Garden Lodge,Hostel Nine".split(",")),
    "skill": ("钢琴 游泳 法语 书法 围棋 烘焙 吉他 摄影".split(), "piano,swimming,French,calligraphy,chess,baking,sailing,pottery".split(",")),
    "dish": ("红烧肉 麻婆豆腐 番茄牛腩 葱油饼 酸辣汤 炒年糕".split(), "lasagne,goulash,ratatouille,pancakes,chowder,risotto".split(",")),
    "plant": ("绿萝 兰花 仙人掌 茉莉 薄荷 龟背竹".split(), "fern,orchid,cactus,jasmine,basil,monstera".split(",")),
    "firm": ("海蓝科技 远山物流 晨光印刷 四方咨询 北辰光电 长河食品".split(), "Bluewater,Farhill Freight,Dawn Print,Quadrant,Northstar,Longriver".split(",")),
    "subject": ("宋史 园艺 概率论 航海 建筑 昆虫 发酵 编译原理".split(), "Byzantium,gardening,probability,navigation,architecture,beetles,fermentation,compilers".split(",")),
    "pet": ("金毛 布偶猫 鹦鹉 仓鼠 乌龟".split(), "terrier,Persian cat,parrot,hamster,tortoise".split(",")),
}
FRAMES_ZH = ["", "备忘：", "记一下，", "别忘了，"]
FRAMES_EN = ["", "Note: ", "Remember that ", "FYI, "]
TAILS_ZH = ["。", "，上次确认过。", "，电话里说的。", ""]
TAILS_EN = [".", ", confirmed last week.", ", as told on the phone.", ""]


def make():
    dice = random.Random(20261121)
    memos, questions = [], []
    for topic, (slots, zh, zh_questions, en, en_questions) in TOPICS.items():
        pairs = []
        for language in (0, 1, 2):
            one, two = (SLOTS[slots[0]], SLOTS[slots[1]])
            # Mixed: the sentence of one language with the names of the other.
            names = (one[language], two[language]) if language < 2 else (one[1], two[0] if dice.random() < 0.5 else two[1])
            every = [(a, b, language) for a in names[0] for b in names[1]]
            dice.shuffle(every)
            pairs.append(every)
        chosen = pairs[0][:20] + pairs[1][:20] + pairs[2][:10]
        dice.shuffle(chosen)
        for at, (a, b, language) in enumerate(chosen):
            value = dice.randrange(2, 99)
            chinese = language != 1
            form = dice.choice(zh if chinese else en).format(a=a, b=b, v=value)
            text = dice.choice(FRAMES_ZH if chinese else FRAMES_EN) + form + dice.choice(TAILS_ZH if chinese else TAILS_EN)
            n = len(memos)
            memos.append({"memo": n, "topic": topic, "text": text})
            if at < 12:
                asked = b
                if not chinese and slots[1] in ("thing", "pet", "food", "plant") and not b.endswith("s"):
                    asked = dice.choice([b, b + "s", b.upper()])
                ask = dice.choice(zh_questions if chinese else en_questions).format(a=a, b=asked)
                if chinese and dice.random() < 0.3:
                    # As an input method for Chinese gives Latin letters.
                    ask = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in ask)
                questions.append({"question": ask, "wanted": n, "language": ["zh", "en", "mixed"][language]})
    return memos, questions


if __name__ == "__main__":
    memos, questions = make()
    for row in memos + questions:
        print(json.dumps(row, ensure_ascii=False))
