"""Labels and tooltips of an app's parameters; Dify shows tooltips in lines of about 22 characters."""

from dify_plugin.entities import I18nObject


def words(en: str, zh: str) -> I18nObject:
    """Return a text in English and Simplified Chinese.

    Dify requests these languages from plugins.
    """
    return I18nObject(en_us=en, zh_hans=zh)


TEMPERATURE = words("Temperature", "温度")
TEMPERATURE_HELP = words(
    "Lower values give more predictable answers, higher values more varied ones.",
    "值越低回答越稳定，值越高回答越多样。",
)
TOP_P = words("Top P", "Top P")
TOP_P_HELP = words(
    "Only the most likely tokens count, up to this total probability.",
    "只考虑累计概率达到该值的最可能的词元。",
)
MAX_TOKENS = words("Max Tokens", "最大词元数")
MAX_TOKENS_HELP = words(
    "The longest answer, in tokens. Unset: the model's own limit.",
    "回答长度的上限（词元数）。不设置时使用模型自身的上限。",
)
PRESENCE_PENALTY = words("Presence Penalty", "存在惩罚")
PRESENCE_PENALTY_HELP = words(
    "Positive values lead to new topics.", "正值使模型更倾向于谈论新话题。"
)
FREQUENCY_PENALTY = words("Frequency Penalty", "频率惩罚")
FREQUENCY_PENALTY_HELP = words(
    "Positive values lead to fewer repeated words.", "正值降低模型重复相同词语的可能性。"
)
SEED = words("Seed", "随机种子")
SEED_HELP = words(
    "The same seed and request give the same answer, as far as the model can.",
    "在模型能力范围内，相同的种子和请求会得到相同的回答。",
)
REASONING_EFFORT = words("Reasoning Effort", "推理强度")
REASONING_EFFORT_HELP = words(
    "How much the model reasons before it answers. More costs more tokens.",
    "模型回答前思考的程度。强度越高，消耗的词元越多。",
)
REASONING_SUMMARY = words("Reasoning Summary", "推理摘要")
REASONING_SUMMARY_HELP = words(
    "Shows a summary of the model's reasoning. OpenAI requires a verified organization.",
    "显示模型推理的摘要。OpenAI 要求组织通过验证。",
)
THINKING_BUDGET = words("Thinking Budget", "思考预算")
THINKING_BUDGET_HELP = words(
    "The most tokens for reasoning, below Max Tokens. Replaces Reasoning Effort.",
    "推理可用的最大词元数，须小于最大词元数。取代推理强度。",
)
VERBOSITY = words("Verbosity", "详细程度")
VERBOSITY_HELP = words("How detailed the answer is.", "回答的详细程度。")
LONG_RUNS = words("Long Runs", "长时间运行")
LONG_RUNS_HELP = words(
    "The answer is made in the background and comes whole. No tools, no stop words.",
    "在后台生成回答，完成后一次返回。不支持工具和停止词。",
)
VOICE = words("Voice", "语音")
VOICE_HELP = words(
    "A voice of the model, for example alloy. Workflows get the speech as a file.",
    "模型的语音，例如 alloy。工作流会得到语音文件。",
)
WEB_SEARCH = words("Web Search", "联网搜索")
WEB_SEARCH_HELP = words(
    "The provider searches the web before it answers, at an extra price.",
    "供应商回答前搜索网页，另行计费。",
)
SEARCH_CONTEXT = words("Search Context", "搜索上下文")
SEARCH_CONTEXT_HELP = words(
    "How much of the pages found the model reads. More costs more.",
    "模型读取搜索结果的多少；越多费用越高。",
)
RESPONSE_FORMAT = words("Response Format", "回复格式")
RESPONSE_FORMAT_HELP = words(
    "text, json_object (any JSON object) or json_schema (follows the schema).",
    "text、json_object（任意 JSON 对象）或 json_schema（符合模式）。",
)
JSON_SCHEMA = words("JSON Schema", "JSON Schema")
JSON_SCHEMA_HELP = words(
    "The JSON schema of the answer. Models without support get it in the prompt.",
    "回答的 JSON Schema。不支持的模型会在提示词中得到它。",
)
IMAGE_SIZE = words("Size", "尺寸")
IMAGE_SIZE_HELP = words(
    "In pixels, for example 1024x1024, or auto.", "以像素为单位，例如 1024x1024，或 auto。"
)
IMAGE_QUALITY = words("Quality", "质量")
IMAGE_QUALITY_HELP = words(
    "For example low, medium or high; standard or hd.", "例如 low、medium、high；standard、hd。"
)
IMAGE_STYLE = words("Style", "风格")
IMAGE_STYLE_HELP = words("For example vivid or natural.", "例如 vivid 或 natural。")
IMAGE_BACKGROUND = words("Background", "背景")
IMAGE_BACKGROUND_HELP = words("transparent needs PNG or WebP.", "transparent 需要 PNG 或 WebP。")
IMAGE_FORMAT = words("Output Format", "输出格式")
IMAGE_FORMAT_HELP = words(
    "Blank: JPEG where possible. Dify takes PNGs up to about 3 MB.",
    "留空：尽量使用 JPEG。Dify 接受约 3 MB 以内的 PNG。",
)
KEY = words("Team Key", "团队密钥")
KEY_HELP = words(
    "A name in Named Keys for Apps of the model's form, for example {{#sys.app_id#}}. Blank: the form's key.",
    "模型表单“供应用选用的密钥”中的名称，例如 {{#sys.app_id#}}。留空：表单的密钥。",
)
END_USER = words("User for LiteLLM", "LiteLLM 用户")
END_USER_HELP = words(
    "The user in LiteLLM's spend reports, for example {{#sys.user_id#}}. Leave off in chat and agent apps.",
    "LiteLLM 费用报表中的用户，例如 {{#sys.user_id#}}。聊天和智能体应用中请关闭。",
)
TAGS = words("Tags", "标签")
TAGS_HELP = words(
    "Labels in LiteLLM's spend reports, separated by commas, for example team-a. Added to those of the model.",
    "LiteLLM 费用报表中的标签，用逗号分隔，例如 team-a。与模型的标签合并。",
)
SESSION = words("Session", "会话")
SESSION_HELP = words(
    "Groups calls in LiteLLM's log, for example by conversation. Leave off in chat and agent apps.",
    "在 LiteLLM 日志中归组调用，例如按会话。聊天和智能体应用中请关闭。",
)
EXTRA_BODY = words("Extra Fields", "额外字段")
EXTRA_BODY_HELP = words(
    'JSON sent to LiteLLM as is, for example {"guardrails": ["pii"]}. Do not put user text in it.',
    '原样发送给 LiteLLM 的 JSON，例如 {"guardrails": ["pii"]}。不要放入用户文本。',
)
