"""Texts of many kinds, two of each: one that the estimate was fitted to, one that it was not."""

KINDS: dict[str, tuple[str, str]] = {}
KINDS["business mail"] = (
    """Dear Ms Alvarez,

thank you for your enquiry of 14 March regarding the delivery of 250 replacement cartridges (item no. 88-4410-B). Unfortunately the shipment was delayed at customs in Rotterdam; the carrier now expects it on Thursday, 21 March, before noon. We have credited EUR 148.50 to your account no. 3301-7782 as compensation. Please let us know by return whether partial delivery would help your production schedule.

Kind regards,
Order Management
""",
    """Hi team,

quick reminder that the Q3 budget review moves to Wednesday at 10:30 (room 4.12, or the usual Zoom link). Please upload your updated forecasts to the shared drive by Tuesday EOD, including headcount changes, travel and any capex above $25k. Finance flagged a variance of 7.4% in the marketing line, so bring the supporting invoices. If you can't attend, send a delegate who can approve changes on the spot.

Thanks, and sorry for the short notice!
""",
)
KINDS["katakana"] = (
    """コンピューターのソフトウェアをアップデートする際は、バックアップデータをクラウドストレージにアップロードしてからインストーラーを起動してください。ネットワークのトラブルシューティングにはルーターのリセットが効果的です。ユーザーアカウントのパスワードはセキュリティポリシーに従ってください。""",
    """スマートフォンのバッテリーセーバーモードをオンにすると、バックグラウンドアプリのデータ通信とプッシュ通知がストップします。プロジェクトマネージャーはミーティングのスケジュールをカレンダーアプリでシェアし、デザイナーとエンジニアのフィードバックをドキュメントにまとめます。""",
)
KINDS["technical German"] = (
    """Die Drehstromasynchronmaschine wird über einen Frequenzumrichter mit Zwischenkreisspannungsregelung gespeist. Bei Überschreitung der Kühlmitteltemperatur von 85 °C schaltet die Sicherheitsabschaltung den Leistungsteil ab; die Wiederinbetriebnahme erfordert eine Quittierung am Bedienfeld. Die Verdrahtungspläne sind der Betriebsanleitung zu entnehmen.""",
    """Vor Beginn der Instandhaltungsarbeiten ist der Hauptschalter spannungsfrei zu schalten und gegen Wiedereinschalten zu sichern. Die Wälzlager der Antriebswelle werden alle 4000 Betriebsstunden mit Hochtemperaturschmierfett nachgeschmiert. Unzulässige Schwingungen deuten auf Unwucht, Fluchtungsfehler oder Lagerschäden hin.""",
)
KINDS["news in German"] = (
    """Der Bundestag hat am Donnerstagabend nach mehrstündiger Debatte den Haushalt für das kommende Jahr verabschiedet. Die Opposition kritisierte vor allem die Kürzungen bei der Verkehrsinfrastruktur und kündigte an, das Bundesverfassungsgericht anzurufen. Der Finanzminister verteidigte das Vorhaben: „Wir müssen Prioritäten setzen.“""",
    """Nach dem Unwetter im Süden des Landes sind weiterhin tausende Haushalte ohne Strom. Feuerwehr und Technisches Hilfswerk waren die ganze Nacht im Einsatz, um vollgelaufene Keller auszupumpen. Der Deutsche Wetterdienst rechnet am Wochenende mit einer Beruhigung der Lage, warnt jedoch vor Hochwasser an kleineren Flüssen.""",
)
KINDS["traditional Chinese"] = (
    """臺北市政府今天宣布，捷運環狀線第二階段工程將於明年春季動工，預計八年後完工通車。市長表示，新路線將串連東區與北投，可望紓解上下班時段的車流壅塞。當地居民則擔憂施工期間的噪音與塵土，希望市府能夠妥善溝通並提供補償。""",
    """圖書館的自習室每天早上九點開放，學生必須先在櫃檯登記證件，才能領取座位號碼。館內禁止飲食與大聲喧嘩，若需要討論功課，請預約二樓的研討室。借閱的書籍逾期未還，每日將酌收滯納金，並暫停借書權利。""",
)
KINDS["classical Chinese"] = (
    """學而時習之，不亦說乎？有朋自遠方來，不亦樂乎？人不知而不慍，不亦君子乎？其為人也孝弟，而好犯上者，鮮矣；不好犯上，而好作亂者，未之有也。君子務本，本立而道生。""",
    """北冥有魚，其名為鯤。鯤之大，不知其幾千里也；化而為鳥，其名為鵬。鵬之背，不知其幾千里也；怒而飛，其翼若垂天之雲。是鳥也，海運則將徙於南冥。南冥者，天池也。""",
)
KINDS["indented JSON"] = (
    """{
    "order": {
        "id": "A-10293",
        "created_at": "2024-03-18T09:41:27Z",
        "customer": {
            "name": "Jordan Lee",
            "email": null,
            "tags": ["wholesale", "eu", "net30"]
        },
        "items": [
            {
                "sku": "KX-200",
                "quantity": 12,
                "unit_price": 19.95,
                "discounted": false
            },
            {
                "sku": "KX-210",
                "quantity": 3,
                "unit_price": 149.0,
                "discounted": true
            }
        ]
    }
}""",
    """{
  "name": "example-service",
  "version": "2.4.1",
  "private": true,
  "scripts": {
    "build": "tsc -p tsconfig.json",
    "test": "vitest run --coverage",
    "lint": "eslint src --max-warnings 0"
  },
  "dependencies": {
    "express": "^4.18.2",
    "zod": "^3.22.4"
  },
  "engines": {
    "node": ">=18.17.0"
  }
}""",
)
KINDS["Arabic"] = (
    """أعلنت وزارة النقل اليوم عن افتتاح خط القطار السريع الجديد الذي يربط العاصمة بالمدينة الساحلية، ومن المتوقع أن يقلل زمن الرحلة إلى ساعتين فقط. وقال الوزير إن المشروع وفر آلاف فرص العمل خلال السنوات الخمس الماضية، وسيساهم في تنشيط السياحة والتجارة بين المحافظات.""",
    """يرجى مراجعة شروط الاستخدام قبل إنشاء الحساب. لا نشارك بياناتك الشخصية مع أي طرف ثالث إلا بعد الحصول على موافقتك الصريحة، ويمكنك حذف حسابك في أي وقت من صفحة الإعدادات. إذا واجهت أي مشكلة فتواصل مع فريق الدعم الفني عبر البريد الإلكتروني.""",
)
KINDS["Thai"] = (
    """กรุงเทพมหานครเป็นเมืองหลวงและเมืองที่มีประชากรมากที่สุดของประเทศไทย เป็นศูนย์กลางการปกครอง การศึกษา การคมนาคมขนส่ง การเงินการธนาคาร การพาณิชย์ และการสื่อสารของประเทศ ตั้งอยู่บนสามเหลี่ยมปากแม่น้ำเจ้าพระยา""",
    """กรุณากรอกแบบฟอร์มให้ครบถ้วนและแนบสำเนาบัตรประชาชนก่อนส่งเอกสาร เจ้าหน้าที่จะตรวจสอบข้อมูลภายในสามวันทำการ หากมีข้อสงสัยสามารถติดต่อศูนย์บริการลูกค้าได้ตลอดยี่สิบสี่ชั่วโมง ขอบคุณที่ใช้บริการของเรา""",
)
KINDS["Korean"] = (
    """서울시는 내년부터 모든 시내버스를 전기버스로 교체하는 계획을 발표했다. 시 관계자는 대기오염을 줄이고 시민의 건강을 지키기 위한 조치라고 설명했다. 다만 충전소 부족과 초기 비용 부담이 과제로 남아 있어 단계적으로 추진할 예정이다.""",
    """회원 가입을 하시면 다양한 할인 쿠폰과 무료 배송 혜택을 받으실 수 있습니다. 주문하신 상품은 결제일로부터 이틀 이내에 발송되며, 배송 조회는 마이페이지에서 확인하실 수 있습니다. 교환이나 환불을 원하시면 고객센터로 문의해 주세요.""",
)
KINDS["Russian"] = (
    """Министерство образования объявило о запуске новой программы поддержки молодых учителей в сельских школах. Участники получат единовременную выплату и служебное жильё, а взамен обязуются проработать не менее пяти лет. По словам министра, программа уже вызвала большой интерес у выпускников педагогических вузов.""",
    """Перед началом работы убедитесь, что прибор отключён от сети. Снимите защитную крышку, отвернув четыре винта, и осторожно извлеките фильтр. Промойте его тёплой водой без моющих средств и полностью высушите, прежде чем устанавливать обратно. Не используйте абразивные материалы.""",
)
KINDS["table"] = (
    """| Region | Q1 | Q2 | Q3 | Q4 | Total |
|---|---:|---:|---:|---:|---:|
| North | 1,204.50 | 1,310.25 | 998.00 | 1,455.75 | 4,968.50 |
| South | 870.10 | 912.40 | 905.35 | 1,020.00 | 3,707.85 |
| East | 1,530.00 | 1,488.20 | 1,602.75 | 1,710.90 | 6,331.85 |
| West | 640.00 | 702.15 | 688.80 | 731.05 | 2,762.00 |
""",
    """date,open,high,low,close,volume
2024-01-02,187.15,188.44,183.89,185.64,82488700
2024-01-03,184.22,185.88,183.43,184.25,58414500
2024-01-04,182.15,183.09,180.88,181.91,71983600
2024-01-05,181.99,182.76,180.17,181.18,62303300
2024-01-08,182.09,185.60,181.50,185.56,59144500
""",
)
KINDS["minified JavaScript"] = (
    """!function(e,t){"use strict";var n={},r=[];function o(e){return null==e?"":String(e)}t.debounce=function(e,t){var n;return function(){var r=this,o=arguments;clearTimeout(n),n=setTimeout(function(){e.apply(r,o)},t||250)}},t.pick=function(e,t){return t.reduce(function(t,n){return n in e&&(t[n]=e[n]),t},{})},n.cache=new Map,r.push(o("ready")),e.exports=t}(module,exports);""",
    """(()=>{const e=document.querySelectorAll("[data-tab]"),t=e=>{e.preventDefault();const t=e.currentTarget.dataset.tab;document.querySelectorAll(".panel").forEach(e=>{e.hidden=e.id!==t}),history.replaceState(null,"","#"+t)};e.forEach(e=>e.addEventListener("click",t));window.addEventListener("hashchange",()=>{const t=location.hash.slice(1);for(const n of e)n.classList.toggle("active",n.dataset.tab===t)})})();""",
)
KINDS["minified JSON"] = (
    """{"id":"evt_1842","type":"invoice.paid","created":1717401600,"data":{"object":{"customer":"cus_9s6X","currency":"eur","amount_due":2400,"lines":[{"description":"Seats","quantity":12,"unit_amount":200}],"metadata":{"source":"web","campaign":"spring"}}},"livemode":false}""",
    """[{"name":"Anna","roles":["admin","editor"],"lastLogin":"2024-05-02T08:15:00Z","active":true},{"name":"Ben","roles":["viewer"],"lastLogin":null,"active":false},{"name":"Chloe","roles":["editor"],"lastLogin":"2024-04-28T17:42:10Z","active":true}]""",
)
KINDS["Hindi"] = (
    """सरकार ने आज घोषणा की कि अगले वर्ष से सभी ग्रामीण विद्यालयों में पुस्तकालय खोले जाएंगे। शिक्षा मंत्री ने कहा कि इस योजना से बच्चों में पढ़ने की आदत बढ़ेगी और शिक्षकों को नई सामग्री मिलेगी।""",
    """कृपया अपना पासवर्ड किसी के साथ साझा न करें। यदि आपको कोई संदिग्ध संदेश मिले तो तुरंत ग्राहक सेवा से संपर्क करें। आपका खाता सुरक्षित रखने के लिए हम समय समय पर पहचान की पुष्टि करते हैं।""",
)
KINDS["Vietnamese"] = (
    """Thành phố sẽ khởi công tuyến tàu điện mới vào mùa xuân năm sau và dự kiến hoàn thành trong tám năm. Người dân gần công trường lo ngại tiếng ồn và bụi, mong chính quyền sớm có phương án hỗ trợ phù hợp.""",
    """Vui lòng kiểm tra lại địa chỉ giao hàng trước khi thanh toán. Đơn hàng sẽ được gửi trong vòng hai ngày làm việc, và bạn có thể theo dõi tình trạng vận chuyển trong mục tài khoản của mình.""",
)
KINDS["Polish"] = (
    """Rada miasta przyjęła wczoraj budżet na przyszły rok po wielogodzinnej dyskusji. Opozycja krytykowała cięcia w transporcie publicznym, a burmistrz zapewniał, że najważniejsze inwestycje zostaną dokończone zgodnie z planem.""",
    """Przed rozpoczęciem pracy należy upewnić się, że urządzenie jest odłączone od zasilania. Następnie trzeba zdjąć pokrywę ochronną, wyjąć filtr i przepłukać go ciepłą wodą bez dodatku środków czyszczących.""",
)
KINDS["Turkish"] = (
    """Belediye meclisi uzun süren tartışmaların ardından gelecek yılın bütçesini kabul etti. Muhalefet toplu taşımadaki kesintileri eleştirirken, başkan önemli yatırımların planlandığı gibi tamamlanacağını söyledi.""",
    """Çalışmaya başlamadan önce cihazın fişinin çekilmiş olduğundan emin olun. Koruyucu kapağı çıkarın, filtreyi dikkatlice alın ve deterjan kullanmadan ılık suyla yıkayıp tamamen kurutun.""",
)
KINDS["Ukrainian"] = (
    """Міністерство освіти оголосило про початок нової програми підтримки молодих учителів у сільських школах. Учасники отримають одноразову виплату та службове житло, а натомість зобов'яжуться працювати щонайменше п'ять років.""",
    """Перед початком роботи переконайтеся, що прилад від'єднано від мережі. Зніміть захисну кришку, обережно витягніть фільтр, промийте його теплою водою без мийних засобів і повністю висушіть.""",
)
