"""Words that people read in Dify, in its four languages."""

from dify_plugin.entities import I18nObject


def words(en: str, zh: str, ja: str, pt: str) -> I18nObject:
    """Return one text in English, Simplified Chinese, Japanese and Brazilian Portuguese."""
    return I18nObject(en_us=en, zh_hans=zh, ja_jp=ja, pt_br=pt)


TEMPERATURE = words("Temperature", "温度", "温度", "Temperatura")
TEMPERATURE_HELP = words(
    "Lower values give more predictable answers, higher values more varied ones.",
    "值越低回答越稳定，值越高回答越多样。",
    "低いほど安定した回答、高いほど多様な回答になります。",
    "Valores baixos dão respostas mais previsíveis; valores altos, mais variadas.",
)
TOP_P = words("Top P", "Top P", "Top P", "Top P")
TOP_P_HELP = words(
    "Only the most likely tokens that together reach this probability are considered.",
    "只考虑累计概率达到该值的最可能的词元。",
    "累積確率がこの値に達するまでの最も確率の高いトークンだけを考慮します。",
    "Considera apenas os tokens mais prováveis que somam esta probabilidade.",
)
MAX_TOKENS = words("Max Tokens", "最大词元数", "最大トークン数", "Máximo de tokens")
MAX_TOKENS_HELP = words(
    "Upper bound for the length of the answer, in tokens. Unset: the model's own limit.",
    "回答长度的上限（词元数）。不设置时使用模型自身的上限。",
    "回答の長さの上限（トークン数）。未設定ならモデル自身の上限です。",
    "Limite do tamanho da resposta, em tokens. Sem valor: o limite do próprio modelo.",
)
PRESENCE_PENALTY = words("Presence Penalty", "存在惩罚", "存在ペナルティ", "Penalidade de presença")
PRESENCE_PENALTY_HELP = words(
    "Positive values make the model more likely to talk about new topics.",
    "正值使模型更倾向于谈论新话题。",
    "正の値にすると、新しい話題に触れやすくなります。",
    "Valores positivos favorecem novos assuntos.",
)
FREQUENCY_PENALTY = words(
    "Frequency Penalty", "频率惩罚", "頻度ペナルティ", "Penalidade de frequência"
)
FREQUENCY_PENALTY_HELP = words(
    "Positive values make the model less likely to repeat the same words.",
    "正值降低模型重复相同词语的可能性。",
    "正の値にすると、同じ言葉の繰り返しが減ります。",
    "Valores positivos reduzem a repetição das mesmas palavras.",
)
SEED = words("Seed", "随机种子", "シード", "Semente")
SEED_HELP = words(
    "The same seed and the same request give the same answer as far as the model can.",
    "在模型能力范围内，相同的种子和请求会得到相同的回答。",
    "同じシードと同じリクエストなら、可能な範囲で同じ回答になります。",
    "A mesma semente e o mesmo pedido dão a mesma resposta, se o modelo permitir.",
)
REASONING_EFFORT = words("Reasoning Effort", "推理强度", "推論の強度", "Esforço de raciocínio")
REASONING_EFFORT_HELP = words(
    "How much the model thinks before it answers. More effort costs more tokens.",
    "模型回答前思考的程度。强度越高，消耗的词元越多。",
    "回答前にどれだけ考えるか。強いほど多くのトークンを使います。",
    "Quanto o modelo pensa antes de responder. Mais esforço custa mais tokens.",
)
REASONING_SUMMARY = words("Reasoning Summary", "推理摘要", "推論の要約", "Resumo do raciocínio")
REASONING_SUMMARY_HELP = words(
    "Lets the model sum up what it thought, which is then shown as its reasoning. OpenAI wants a "
    "verified organisation for it.",
    "让模型概括其思考过程，并作为推理内容显示。OpenAI 要求组织通过验证。",
    "考えた内容をモデルに要約させ、推論として表示します。OpenAI では組織の認証が必要です。",
    "Faz o modelo resumir o que pensou, mostrado como seu raciocínio. A OpenAI exige uma organização "
    "verificada.",
)
THINKING_BUDGET = words("Thinking Budget", "思考预算", "思考の予算", "Orçamento de raciocínio")
THINKING_BUDGET_HELP = words(
    "The most tokens that the model may think with, below Max Tokens. It counts instead of Reasoning "
    "Effort.",
    "模型思考可用的最大词元数，须小于最大词元数。设置后取代推理强度。",
    "思考に使えるトークン数の上限（最大トークン数より小さい値）。推論の強度の代わりになります。",
    "O máximo de tokens para pensar, abaixo de Máximo de tokens. Vale no lugar do esforço de raciocínio.",
)
VERBOSITY = words("Verbosity", "详细程度", "詳しさ", "Verbosidade")
VERBOSITY_HELP = words(
    "How long-winded the answer is.",
    "回答的详细程度。",
    "回答の詳しさ。",
    "Quão extensa é a resposta.",
)
LONG_RUNS = words("Long Runs", "长时间运行", "長時間の実行", "Execuções longas")
LONG_RUNS_HELP = words(
    "The model works in the background and its answer is fetched when it is ready, whole: quiet connections "
    "that are cut lose nothing. No tools, and no longer than Dify waits.",
    "模型在后台运行，完成后一次性取回完整回答：空闲连接被切断也不会丢失结果。不支持工具，且不超过 Dify 的等待时间。",
    "モデルはバックグラウンドで動き、できあがった回答をまとめて取得します。無通信の接続が切られても失われません。"
    "ツールは使えず、Dify が待つ時間までです。",
    "O modelo trabalha em segundo plano e a resposta é buscada inteira quando está pronta: conexões ociosas "
    "cortadas não perdem nada. Sem ferramentas, e não mais do que o Dify espera.",
)
VOICE = words("Voice", "语音", "音声", "Voz")
VOICE_HELP = words(
    "A voice of the model's, such as alloy: it then speaks, and workflows and chatflows get the speech as "
    "a file beside the text. Other apps get the text alone.",
    "模型的一种语音，例如 alloy：模型将以语音回答，工作流与对话流会在文本之外得到语音文件；其他应用只得到文本。",
    "モデルの音声（例：alloy）。モデルが話し、ワークフローとチャットフローではテキストに加えて音声ファイルが得られます。"
    "他のアプリではテキストだけです。",
    "Uma voz do modelo, por exemplo alloy: ele então fala, e workflows e chatflows recebem a fala como arquivo "
    "ao lado do texto. Outros apps recebem só o texto.",
)
WEB_SEARCH = words("Web Search", "联网搜索", "ウェブ検索", "Busca na web")
WEB_SEARCH_HELP = words(
    "The provider searches the web before the model answers, for a price of its own. Which pages it found "
    "is shown where Citations in the model's form says so.",
    "模型回答前由供应商搜索网页，另行计费。是否显示找到的网页由模型表单中的“引用来源”决定。",
    "回答前にプロバイダーがウェブを検索します（別料金）。見つけたページは、モデルのフォームの「引用元」の設定に"
    "従って表示されます。",
    "O provedor busca na web antes da resposta, por um preço próprio. As páginas encontradas aparecem "
    "conforme Citações no formulário do modelo.",
)
SEARCH_CONTEXT = words("Search Context", "搜索上下文", "検索コンテキスト", "Contexto da busca")
SEARCH_CONTEXT_HELP = words(
    "How much of the pages found the model reads; more costs more.",
    "模型读取搜索结果的多少；越多费用越高。",
    "見つけたページをどれだけ読むか。多いほど費用がかかります。",
    "Quanto das páginas encontradas o modelo lê; mais custa mais.",
)
RESPONSE_FORMAT = words("Response Format", "回复格式", "応答形式", "Formato da resposta")
RESPONSE_FORMAT_HELP = words(
    "text: free text. json_object: any JSON object. json_schema: JSON that follows the schema.",
    "text：自由文本。json_object：任意 JSON 对象。json_schema：符合所给模式的 JSON。",
    "text：自由文。json_object：任意の JSON。json_schema：スキーマに従う JSON。",
    "text: texto livre. json_object: qualquer objeto JSON. json_schema: JSON conforme o esquema.",
)
JSON_SCHEMA = words("JSON Schema", "JSON Schema", "JSON スキーマ", "Esquema JSON")
JSON_SCHEMA_HELP = words(
    "The JSON schema that the answer must follow; a model that cannot is told it in its prompt.",
    "回答必须符合的 JSON Schema；不支持的模型会在提示词中得到它。",
    "回答が従う JSON スキーマ。対応しないモデルにはプロンプトで伝えます。",
    "O esquema JSON que a resposta deve seguir; modelos sem suporte o recebem no prompt.",
)
IMAGE_SIZE = words("Size", "尺寸", "サイズ", "Tamanho")
IMAGE_SIZE_HELP = words(
    "In pixels, such as 1024x1024, or auto; what the model has.",
    "以像素为单位，例如 1024x1024，或 auto；以模型支持的为准。",
    "ピクセル単位（例：1024x1024）または auto。モデルが対応する値。",
    "Em pixels, por exemplo 1024x1024, ou auto; o que o modelo tiver.",
)
IMAGE_QUALITY = words("Quality", "质量", "品質", "Qualidade")
IMAGE_QUALITY_HELP = words(
    "Such as low, medium or high, or standard or hd; what the model has.",
    "例如 low、medium、high，或 standard、hd；以模型支持的为准。",
    "low、medium、high や standard、hd など、モデルが対応する値。",
    "Por exemplo low, medium ou high, ou standard ou hd; o que o modelo tiver.",
)
IMAGE_STYLE = words("Style", "风格", "スタイル", "Estilo")
IMAGE_STYLE_HELP = words(
    "Such as vivid or natural; what the model has.",
    "例如 vivid 或 natural；以模型支持的为准。",
    "vivid や natural など、モデルが対応する値。",
    "Por exemplo vivid ou natural; o que o modelo tiver.",
)
IMAGE_BACKGROUND = words("Background", "背景", "背景", "Fundo")
IMAGE_BACKGROUND_HELP = words(
    "A transparent one needs PNG or WebP, and a model that has it.",
    "透明背景需要 PNG 或 WebP 以及支持它的模型。",
    "透明にするには PNG か WebP と、対応するモデルが必要です。",
    "Um transparente precisa de PNG ou WebP e de um modelo que o tenha.",
)
IMAGE_FORMAT = words("Output Format", "输出格式", "出力形式", "Formato de saída")
IMAGE_FORMAT_HELP = words(
    "Blank: JPEG where the model has it, since a PNG can be too large for Dify (about 3 MB).",
    "留空：模型支持时使用 JPEG，因为 PNG 可能超出 Dify 的限制（约 3 MB）。",
    "空欄：モデルが対応すれば JPEG。PNG は Dify には大きすぎることがあります（約 3 MB）。",
    "Vazio: JPEG onde o modelo o tiver, pois um PNG pode ser grande demais para o Dify (cerca de 3 MB).",
)
KEY = words("Key", "密钥", "キー", "Chave")
KEY_HELP = words(
    "Which entry of Keys in the model's form the calls of this app are made with: its name, or a variable "
    "such as {{#sys.app_id#}} (in workflows and chatflows). Blank: the form's own key.",
    "本应用的调用使用模型表单“多个密钥”中的哪一项：其名称，或 {{#sys.app_id#}} 等变量（工作流与对话流中可用）。"
    "留空则使用表单自身的密钥。",
    "このアプリの呼び出しに、モデルのフォームの「キーの一覧」のどれを使うか：その名前、または {{#sys.app_id#}} などの"
    "変数（ワークフローとチャットフロー）。空欄ならフォーム自身のキーです。",
    "Com qual entrada de Chaves, no formulário do modelo, este app chama: o nome dela ou uma variável como "
    "{{#sys.app_id#}} (em workflows e chatflows). Vazio: a chave do próprio formulário.",
)
END_USER = words("End User", "终端用户", "エンドユーザー", "Usuário final")
END_USER_HELP = words(
    "Who is asking, for LiteLLM's spend and limits per user: {{#sys.user_id#}} or any other variable "
    "(in workflows and chatflows).",
    "提问者，用于 LiteLLM 按用户统计费用与限额：{{#sys.user_id#}} 或其他变量（工作流与对话流中可用）。",
    "誰の質問か。LiteLLM の利用者別の費用と上限に使われます：{{#sys.user_id#}} などの変数"
    "（ワークフローとチャットフロー）。",
    "Quem pergunta, para gastos e limites por usuário no LiteLLM: {{#sys.user_id#}} ou outra variável "
    "(em workflows e chatflows).",
)
TAGS = words("Tags", "标签", "タグ", "Etiquetas")
TAGS_HELP = words(
    "For LiteLLM's spend reports, beside those of the model's form, separated by commas: "
    "app:{{#sys.app_id#}}, cost-centre:4711.",
    "用于 LiteLLM 费用报表，与模型表单中的标签合并，用逗号分隔：app:{{#sys.app_id#}}, cost-centre:4711。",
    "LiteLLM の費用レポート用。モデルのフォームのタグに加わります。カンマ区切り："
    "app:{{#sys.app_id#}}, cost-centre:4711。",
    "Para os relatórios de gasto do LiteLLM, além das do formulário do modelo, separadas por vírgulas: "
    "app:{{#sys.app_id#}}, cost-centre:4711.",
)
SESSION = words("Session", "会话", "セッション", "Sessão")
SESSION_HELP = words(
    "Groups calls in LiteLLM's log: {{#sys.conversation_id#}} in a chatflow, {{#sys.workflow_run_id#}} "
    "in a workflow.",
    "在 LiteLLM 日志中将调用归组：对话流中用 {{#sys.conversation_id#}}，工作流中用 {{#sys.workflow_run_id#}}。",
    "LiteLLM のログで呼び出しをまとめます：チャットフローでは {{#sys.conversation_id#}}、"
    "ワークフローでは {{#sys.workflow_run_id#}}。",
    "Agrupa chamadas no log do LiteLLM: {{#sys.conversation_id#}} em um chatflow, "
    "{{#sys.workflow_run_id#}} em um workflow.",
)
EXTRA_BODY = words("Extra Fields", "额外字段", "追加フィールド", "Campos extras")
EXTRA_BODY_HELP = words(
    'Further fields for LiteLLM as a JSON object, such as {"guardrails": ["pii"]}; they win over '
    "those of the model's form. A variable's quotation mark breaks it.",
    '发送给 LiteLLM 的其他字段（JSON 对象），例如 {"guardrails": ["pii"]}；优先于模型表单中的字段。'
    "变量值中的引号会破坏它。",
    'LiteLLM に送る追加フィールド（JSON オブジェクト。例：{"guardrails": ["pii"]}）。'
    "モデルのフォームより優先されます。変数の値に引用符があると壊れます。",
    'Outros campos para o LiteLLM como objeto JSON, por exemplo {"guardrails": ["pii"]}; '
    "prevalecem sobre os do formulário do modelo. Aspas no valor de uma variável o quebram.",
)
