"""Who and what the demo company consists of: names, products, habits. Data alone."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Habit:
    """How a seller works: his share of enquiries, speed, success, discounts in per cent."""

    name: str
    email: str
    team: int
    role: str
    share: float
    slow: float
    luck: float
    generous: int


# fmt: off
TEAMS = ("Корпоративные клиенты", "Малый бизнес")
PEOPLE = (
    Habit("Ирина Соколова", "irina.sokolova", 0, "head", 0.0, 1.0, 1.0, 0),
    Habit("Антон Кравцов", "anton.kravtsov", 0, "manager", 1.2, 0.7, 1.15, 9),
    Habit("Мария Лебедева", "maria.lebedeva", 0, "manager", 1.1, 0.9, 1.05, 5),
    Habit("Виктор Ларин", "viktor.larin", 0, "manager", 0.8, 1.5, 0.8, 14),
    Habit("Сергей Ким", "sergey.kim", 1, "head", 0.0, 1.0, 1.0, 0),
    Habit("Ольга Тимофеева", "olga.timofeeva", 1, "manager", 1.0, 0.8, 1.1, 7),
    Habit("James Porter", "james.porter", 1, "manager", 0.9, 1.2, 0.9, 11),
)

@dataclass(frozen=True, slots=True)
class Ware:
    """A product; one with a period renews, by term or because it is used up."""

    name: str
    sku: str
    unit: str
    price: int
    cost: int
    period: str | None = None
    how: str = "none"
    word: str = "Договор"


WARES = (
    Ware("Лицензия «Учёт Про»", "LIC-PRO", "шт.", 48_000, 17_000, "P1Y", "fixed_term", "Лицензия"),
    Ware("Подписка «Облако», 10 мест", "SUB-CLD", "шт.", 36_000, 14_000, "P6M", "fixed_term",
        "Подписка"),
    Ware("Техническая поддержка", "SUP-STD", "год", 84_000, 41_000, "P1Y", "fixed_term",
        "Поддержка"),
    Ware("Антивирус, 25 рабочих мест", "AV-25", "шт.", 29_500, 19_500, "P1Y", "fixed_term",
        "Лицензия"),
    Ware("SSL-сертификат", "SSL-WC", "шт.", 14_900, 8_200, "P1Y", "fixed_term", "Сертификат"),
    Ware("Картридж CF259X, комплект", "CRT-259", "компл.", 21_600, 15_100, "P3M", "consumption",
        "Расходные материалы"),
    Ware("Фильтры для кулеров, комплект", "FLT-12", "компл.", 9_800, 5_400, "P6M", "consumption",
        "Расходные материалы"),
    Ware("Сервер Rack 2U", "SRV-2U", "шт.", 418_000, 331_000),
    Ware("Внедрение под ключ", "IMP-KEY", "проект", 260_000, 148_000),
    Ware("Обучение, день", "EDU-DAY", "день", 38_000, 16_000),
)

KINDS_OF_FIRM = ("ООО", "ООО", "ООО", "АО", "ИП")
FIRMS = (
    "Ромашка", "Северный ветер", "ТехноПарк", "Альфа-Логистик", "Медицинский центр «Надежда»",
    "Вектор",
    "Стройинвест", "Домостроитель", "Фабрика мебели «Уют»", "АгроСоюз", "Полиграф-Сервис",
    "Горизонт",
    "Энергомонтаж", "Волга-Транс", "Сибирский лес", "Кристалл", "Магнит-Опт", "Пекарня № 7",
    "АвтоДом",
    "Балтика-Фарм", "Уральские станки", "Океан вкуса", "Новый город", "Меридиан", "Школа «Логос»",
    "Архитектурное бюро «Линия»", "Типография «Буква»", "ПромСнаб", "Гранит", "Чистый дом", "Орион",
    "Хлебозавод № 3", "Северсталь-Декор", "Клиника «Пульс»", "Роза ветров", "Интерьер-Плюс",
    "Факел",
    "Зелёный мир", "Деловые линии Юга", "Спорт-Мастерская", "Юрист и партнёры", "Олимп",
    "Аквамарин",
    "Печатный двор", "СтройКомплект", "Детский мир игр", "Кедр", "Рыбный причал", "Тёплые полы",
    "Вертикаль",
)
ABROAD = (
    "Northwind Traders", "Hillside Dental", "Baltic Freight", "Acorn Studios",
    "Harbour Lane Hotels", "Lumen Optics",
    "Brightwater Foods", "Kestrel Engineering", "Willow & Sons", "Summit Legal", "Redbrick Homes",
    "Orchard Schools",
)
TOWNS = (
    "Москва", "Казань", "Пермь", "Самара", "Тверь", "Екатеринбург", "Уфа", "Сочи", "Омск", "Тула",
)
MEN = (
    "Алексей", "Дмитрий", "Павел", "Николай", "Михаил", "Олег", "Роман", "Артём", "Илья", "Фёдор",
)
WOMEN = (
    "Анна", "Елена", "Наталья", "Светлана", "Юлия", "Вера", "Татьяна", "Дарья", "Ксения", "Нина",
)
FAMILIES = (
    "Иванов", "Петров", "Смирнов", "Кузнецов", "Попов", "Васильев", "Зайцев", "Павлов", "Фёдоров",
    "Морозов",
    "Волков", "Егоров", "Козлов", "Степанов", "Орлов", "Макаров", "Никитин", "Захаров", "Борисов",
    "Королёв",
)
FIRST_ABROAD = ("Emma", "Oliver", "Sophie", "Daniel", "Grace", "Henry", "Laura", "Thomas")
LAST_ABROAD = ("Brown", "Clarke", "Evans", "Fisher", "Hughes", "Mason", "Turner", "Walsh")
POSTS = (
    "Директор", "Главный бухгалтер", "Руководитель закупок", "ИТ-директор", "Офис-менеджер",
    "Инженер",
)
POSTS_ABROAD = ("Managing director", "Office manager", "IT manager", "Buyer")
CHANNELS = ("call", "email", "message", "meeting")

SOURCES = {
    "website": 34, "phone": 18, "referral": 16, "exhibition": 8, "advertising": 14,
    "cold_calls": 7, "partner": 3,
}
NEEDS = (
    "Перевести учёт в облако", "Продлить лицензии и добавить рабочие места",
    "Нужен сервер для нового офиса",
    "Поддержка без простоев", "Обучить новых сотрудников",
    "Сменить поставщика расходных материалов",
    "Защитить рабочие места", "Внедрить учёт до конца квартала", "Move accounting to the cloud",
    "Replace an ageing server",
)
CHANGED = (
    "Клиент просит меньше мест", "Изменился состав", "Просят отсрочку 14 дней",
    "Не согласны с ценой работ",
    "Добавили обучение", "Fewer seats, longer term",
)
REMARKS = (
    "Решение приняло головное предприятие", "Проект отложен до нового бюджета",
    "Не сошлись в условиях",
)

# How often each reason is given, by pipeline.
LOST = {
    "leads": {
        "too_expensive": 22, "chose_competitor": 14, "no_need": 14, "no_answer": 20,
        "not_our_profile": 9,
        "no_budget_now": 6, "postponed": 6, "delivery_too_long": 3, "payment_terms": 3,
        "unfit_client": 2, "other": 2,
    },
    "offers": {
        "too_expensive": 29, "chose_competitor": 18, "no_answer": 16, "postponed": 10,
        "need_gone": 8,
        "delivery_too_long": 7, "payment_terms": 6, "specification": 4, "we_declined": 2,
        "other": 2,
    },
    "sales": {
        "too_expensive": 26, "chose_competitor": 20, "no_answer": 14, "not_paid": 9,
        "no_budget_now": 8,
        "cancelled_by_client": 7, "contract_terms": 6, "payment_terms": 4, "delivery_too_long": 3,
        "other": 3,
    },
    "renewals": {
        "chose_competitor": 26, "stopped_using": 24, "too_expensive": 20, "no_answer": 10,
        "service_quality": 7,
        "no_budget_now": 6, "product_quality": 3, "bankrupt": 3, "other": 1,
    },
}
RIVALS = ("СофтЛайн", "ИТ-Гарант", "Облако+", "Контур-Сервис", "BlueDesk")
SEGMENTS = {"growth": 5, "small": 5, "golden": 2}
# fmt: on
VAT = Decimal(22)
