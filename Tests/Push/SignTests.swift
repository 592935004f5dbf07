import PushWire
import Testing

@Suite("Signatures of robots and webhooks")
struct SignTests {
  @Test(
    "DingTalk",
    arguments: [
      (1_577_262_236_757, "this is secret", "hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D"),
      (1_700_000_000_000, "SECabc123agim", "n%2F7BD4y%2FFcV%2FaK5RB9S4al7uPezkwqlcEeu0Re26sEY%3D"),
      (1_700_000_000_123, "appSecretForAgimTest", "iGs4JkF8asfJqIslHZPbiQmyht2FleDnwzhtuu30ATI%3D"),
    ] as [(Int64, String, String)])
  func dingtalk(time: Int64, secret: String, expected: String) throws {
    #expect(try PushSigns.dingtalk(milliseconds: time, secret: secret) == expected)
  }

  @Test(
    "Feishu",
    arguments: [
      (1_599_360_473, "demo", "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="),
      (1_700_000_000, "agimSecret", "024fXCbJCztUKEulULIP0cIN4aEJH0+G9sycAeoxbaQ="),
    ] as [(Int64, String, String)])
  func feishu(time: Int64, secret: String, expected: String) throws {
    #expect(try PushSigns.feishu(seconds: time, secret: secret) == expected)
  }

  @Test("Standard Webhooks: a secret in Base64, and one that is taken as it stands")
  func webhook() throws {
    let expected = "v1,2/96Fi6DIQTE6/TEWuTaEuvSHZqEolGKLGsjVHiG26Q="
    let body = Array(#"{"text":"hi"}"#.utf8)
    for secret in ["whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "0123456789abcdef0123456789abcdef"] {
      #expect(
        try PushSigns.webhook(id: "msg_1", seconds: 1_700_000_000, body: body, secret: secret) == expected)
    }
    #expect(throws: PushFault.self) {
      try PushSigns.webhook(id: "msg_1", seconds: 1, body: body, secret: "whsec_*")
    }
  }
}
