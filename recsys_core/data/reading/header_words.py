"""The words for columns, events and opinions in many languages; add another one here.

A header is compared without case, accents, spaces and punctuation, and without what is in brackets or
after a colon: 'User ID', 'user_id:token' and 'USERID' are one word, 'Rating (1-5)' is 'rating'.
Of two columns with the same role, the one whose word comes earlier here counts.
"""

USER = """
user userid user_id uid u user_idx user_index useridx userindex user_no usernum useruuid userhash msno
person person_id people personid customer customer_id customerid customer_no customer_number custid client client_id
reviewer reviewer_id reviewerid member member_id account account_id visitor visitorid visitor_id viewer viewer_id
listener listener_id reader reader_id buyer buyer_id purchaser shopper subscriber subscriber_id respondent respondent_id
rater rater_id voter voter_id student student_id learner player player_id steamid guest guest_id patient employee
profile profile_id household household_id household_key cookie_id device_id author_steamid consumer participant
username user_name reviewername reviewer_name customer_name
nutzer nutzer_id nutzerid benutzer benutzer_id benutzerid benutzername kunde kunden_id kundenid kundennummer kunden_nr
kundennr person_nr teilnehmer besucher mitglied bewerter
utilisateur id_utilisateur client_id id_client usager acheteur membre internaute personne lecteur
usuario id_usuario usuario_id cliente id_cliente cliente_id persona comprador miembro lector
utente id_utente utente_id cliente_id persona_id
usuário id_usuário usuario utilizador pessoa
gebruiker gebruiker_id klant klant_id klantnummer gebruikersnaam
użytkownik id_użytkownika klient id_klienta uživatel zákazník felhasználó vásárló utilizator
användare användar_id kund kund_id bruger bruger_id kunde_id bruker käyttäjä asiakas
пользователь id_пользователя пользователь_id юзер клиент id_клиента покупатель человек користувач клієнт потребител
kullanıcı kullanıcı_id müşteri müşteri_id
用户 用户id 用户编号 用户名 使用者 使用者id 客户 客户id 顾客 会员 会员id 用戶 用戶id
ユーザー ユーザ ユーザーid ユーザid 利用者 顧客 顧客id 会員 会員id
사용자 사용자id 사용자_아이디 유저 유저id 고객 고객id 회원
مستخدم المستخدم العميل معرف_المستخدم کاربر משתמש לקוח χρήστης πελάτης उपयोगकर्ता ग्राहक ผู้ใช้ ลูกค้า
pengguna pelanggan người_dùng khách_hàng
"""

ITEM = """
item item_id itemid iid i item_idx item_index itemidx itemindex item_no itemnum movie_id movieid film_id filmid
movie film product_id productid product asin parent_asin sku article_id articleid article artist_id artistid artist
track_id trackid track song_id songid song album_id albumid album book_id bookid book isbn isbn13 joke joke_id
game_id gameid game app_id appid app anime_id animeid anime manga manga_id show_id showid show series_id series
episode episode_id video_id videoid video business_id businessid business restaurant_id restaurantid restaurant
place_id placeid place venue_id venueid venue poi poi_id recipe_id recipeid recipe
course_id courseid course content_id contentid content podcast podcast_id beer_id beerid beer wine wine_id hotel_id
hotelid hotel listing_id listing property_id good goods goods_id gmap_id news_id newsid paper_id paper document_id
doc_id docid subject_id title_id imdb_id tmdb_id tconst stock_code stockcode ad_id offer_id deal_id job_id
playlist playlist_id channel channel_id streamer streamer_id repo repo_id
artikel artikel_id artikelnummer artikel_nr artikelnr produkt produkt_id produktid ware buch buch_id lied spiel
gegenstand künstler serie speise gericht rezept
produit id_produit produit_id livre chanson jeu objet id_objet ouvrage oeuvre recette
producto id_producto producto_id artículo id_artículo película id_película libro canción juego objeto receta
prodotto id_prodotto articolo libro_id canzone gioco oggetto
produto id_produto filme id_filme livro música jogo
boek liedje spel
produkt_nr przedmiot książka piosenka gra utwór položka kniha termék könyv produs carte
vara bok låt vare bog tuote elokuva kirja
фильм id_фильма фильм_id товар id_товара товар_id книга id_книги песня трек игра объект предмет продукт артикул фільм
товар_ид
ürün ürün_id ürün_kodu kitap şarkı oyun
电影 电影id 影片 物品 物品id 商品 商品id 商品编号 产品 产品id 歌曲 歌曲id 图书 书籍 书 游戏 音乐 视频 文章
電影 產品 書籍 項目 项目
映画 映画id 商品コード アイテム アイテムid 作品 作品id 曲 本 ゲーム 品目
영화 영화id 상품 상품id 제품 아이템 아이템id 책 노래 게임 도서
منتج المنتج فيلم الفيلم كتاب الكتاب فیلم محصول סרט מוצר ספר ταινία προϊόν βιβλίο फ़िल्म उत्पाद पुस्तक ภาพยนตร์ สินค้า
barang produk buku sản_phẩm phim sách
"""

RATING = """
rating ratings user_rating userrating star_rating starrating overall_rating book_rating movie_rating review_rating
stars star star_number overall score scores user_score review_score reviewscore rate r value label_rating
points review_overall reviews_rating reviewer_rating rating_value rating_score ratingvalue my_rating given_rating
rated rating_given grade mark note_sur_5 preference pref opinion evaluation vote user_vote verdict satisfaction
liked like is_liked likes thumb thumbs thumbs_up thumb_up recommended is_recommended recommend voted_up feedback
sentiment would_recommend
bewertung bewertungen wertung sterne note punkte punktzahl benotung beurteilung gefällt gefällt_mir
évaluation avis étoiles note_utilisateur appréciation cote notation
puntuación puntaje calificación valoración estrellas nota puntos
valutazione voto punteggio stelle giudizio
avaliação classificação pontuação estrelas
beoordeling waardering sterren score_gegeven cijfer
ocena gwiazdki punkty hodnocení známka értékelés evaluare
betyg omdöme bedømmelse vurdering karakter arvosana arvio arvostelu
оценка оценки рейтинг балл баллы звёзды оцінка
puan derecelendirme değerlendirme yıldız
评分 打分 分数 得分 星级 评价 評分 評價 分數
評価 評点 スコア 星 点数
평점 별점 점수 평가
تقييم التقييم امتیاز דירוג ציון βαθμολογία αξιολόγηση रेटिंग คะแนน
nilai penilaian đánh_giá xếp_hạng
"""

# These name an amount of use, not an opinion.
COUNT = """
weight plays play play_count playcount plays_count count counts listens listen_count listencount listening_count
views view_count viewcount clicks click_count n_clicks purchases purchase_count quantity qty freq frequency nplays
n_plays num_plays hours hours_played playtime play_time playtime_forever watchtime watch_time watch_duration minutes
seconds_watched sessions visits visit_count checkins checkin_count interactions n_interactions num_interactions
times_played amount units orders order_count scrobbles downloads streams
anzahl menge häufigkeit wiedergaben aufrufe käufe spielstunden
nombre quantité écoutes vues achats lectures
cantidad reproducciones vistas compras conteo veces
quantità ascolti visualizzazioni conteggio
quantidade reproduções visualizações contagem
aantal hoeveelheid liczba ilość počet mennyiség antal määrä
количество число просмотры прослушивания покупки кількість
adet miktar sayı sayısı
次数 数量 播放次数 点击次数 购买次数 播放量 點擊次數 購買次數
回数 再生回数 数量_個 購入数
횟수 수량 재생수
عدد الكمية תעודות כמות ποσότητα मात्रा จำนวน jumlah số_lượng
"""

TIME = """
timestamp unix_timestamp unixtimestamp unix_time unixtime unix_review_time unixreviewtime time event_time eventtime ts
timestamp_ms time_ms datetime date_time rated_at rating_timestamp rating_time rating_date ratingdate rated_on date
review_date review_time reviewtime reviewdate review_timestamp date_added dateadded added_at created_at createdat
created creation_date create_time timestamp_created date_created submitted submitted_at submission_date posted_at
posted post_date published published_at when watched_at watched_on watched watched_date date_watched viewed_at
viewed_on played_at played_on listened_at listened_on scrobbled_at read_at read_on read_date date_read finished_at
bought_at bought_on purchased_at purchased_on purchase_date purchase_time order_date order_time ordered_at orderdate
invoice_date invoicedate transaction_date transaction_time t_dat click_time clicked_at visit_time visit_date visited_at
checkin_time check_in_time local_time utc_time server_time date_updated updated_at updated modified last_updated
event_timestamp event_date interaction_time interaction_date action_time tstamp epoch day t at year
zeit zeitpunkt zeitstempel datum uhrzeit bewertet_am gesehen_am gekauft_am erstellt_am bestelldatum kaufdatum
bewertungsdatum jahr
horodatage heure date_avis date_achat temps année
fecha fecha_hora hora tiempo marca_de_tiempo fecha_compra año
data data_ora ora tempo data_acquisto
data_hora carimbo_de_data ano
tijd tijdstip tijdstempel datum_tijd czas data_oceny znacznik_czasu čas idő dátum ora_data
tid tidpunkt tidsstämpel tidsstempel dato aika aikaleima päivämäärä
время дата дата_оценки время_оценки метка_времени дата_время час
tarih zaman zaman_damgası saat
时间 时间戳 日期 评分时间 购买时间 點擊時間 時間 時間戳 日付 日時 タイムスタンプ 評価日 年月日
시간 날짜 일시 타임스탬프
الوقت التاريخ تاريخ زمان تاریخ תאריך זמן ημερομηνία χρόνος ώρα समय दिनांक तारीख เวลา วันที่ waktu tanggal thời_gian ngày
"""

TITLE = """
title movie_title film_title item_title item_name itemname product_title product_name productname book_title
book_name track_name trackname song_title song_name artist_name artistname album_name game_title game_name anime_title
business_name restaurant_name item_description description name primary_title
titel name_des_artikels produktname filmtitel buchtitel
titre nom nom_produit título nombre_producto nome titolo tytuł název cím naslov
название название_фильма наименование назва
başlık ad isim
标题 片名 电影名 书名 名称 商品名称 標題 名稱 タイトル 題名 作品名 商品名 제목 영화명 상품명
عنوان العنوان כותרת τίτλος शीर्षक judul tên
"""

GENRE = """
genre genres category categories tag tags
"""

# What is known of people, in a table that has it beside their ratings.
ATTRIBUTE = """
age age_group gender sex zip zipcode zip_code postcode postal_code occupation profession country city education income
name first_name last_name firstname lastname surname full_name email e_mail email_address phone birthday birthdate
date_of_birth birth_year year_of_birth nationality
alter geschlecht plz postleitzahl beruf land stadt vorname nachname geburtsjahr geburtstag
âge sexe prénom nom ville pays métier edad sexo género nombre apellido ciudad país età sesso città idade cidade
leeftijd geslacht wiek płeć возраст пол город 年龄 性别 年齢 性別 나이 성별
"""

EVENT = """
event event_type eventtype event_name action action_type behavior behaviour behavior_type behavior_name behaviour_type
interaction_type activity activity_type feedback_type interaction_kind user_action
ereignis ereignistyp aktion événement evento acción azione ação zdarzenie событие действие olay 行为 行为类型 事件 行動
イベント 이벤트
"""

# Parts of a date in columns of their own, from the largest.
DATE_PARTS = {
    "year": "year yyyy date_year yr jahr année annee año ano anno rok год yıl 年 jaar år vuosi",
    "month": "month mm date_month mon monat mois mes mês mese miesiąc месяц ay 月 maand månad kuukausi",
    "day": "day dd date_day day_of_month tag jour día dia giorno dzień день gün 日 dag päivä",
    "hour": "hour date_hour hh stunde heure hora",
    "minute": "minute date_minute",
    "second": "second date_second",
}

INDEX = "unnamed0 index rownames rowname rowid rownumber rownum row no nr lfdnr idx"

# How people call a row or a column that sums up the others, and what else stands in such a name.
STATISTIC = """
total totals sum sums mean average avg count counts n n_rated n_ratings number num_ratings all subtotal gesamt
gesamtergebnis gesamtsumme summe ergebnis mittel mittelwert durchschnitt anzahl somme moyenne nombre suma media promedio
totale somma gemiddelde totaal eindtotaal totalt итого итог сумма среднее 合計 平均 总计 総計 합계
"""
BESIDE_STATISTIC = """
grand overall general geral général complessivo общий of the per rating ratings score scores value values row column
"""

# What a person did, with the weight that it has unless another one is chosen: kinds of use from light to heavy.
EVENTS = {
    1: """
        view views viewed pv pageview page_view impression impressions show shown click clicks clicked clickout visit
        visited browse detail detail_view open opened play played listen listened stream streamed watch watched read
        search skip skipped pause start started checkin check_in hover item_view product_view
        ansicht aufruf klick gesehen vue clic vista visto visualizzazione просмотр клик 浏览 点击 閲覧 クリック 조회
    """,
    2: """
        like liked fav favorite favourite favorited bookmark bookmarked wishlist wish save saved follow share shared
        comment review rate download addtowishlist add_to_wishlist add_to_favorites collect
        gemerkt merken favori favorito избранное лайк 收藏 お気に入り 찜
    """,
    3: """
        cart carts addtocart add_to_cart add_cart basket add_to_basket addtobasket atc checkout begin_checkout
        warenkorb in_den_warenkorb panier ajout_au_panier carrito carrello carrinho корзина 加购 购物车 カート 장바구니
    """,
    5: """
        purchase purchases purchased buy buys bought order ordered transaction transactions sale sold paid payment
        subscribe subscribed rent booking booked reservation complete_purchase conversion
        kauf gekauft bestellung achat acheté compra comprado acquisto покупка заказ zakup satın_alma 购买 购入 購入 구매
    """,
    0: """
        remove removed remove_from_cart removefromcart delete deleted return returned refund refunded cancel cancelled
        canceled unlike unfollow
        storno rückgabe annulation devolución удаление возврат
    """,
}

# Opinions in words: what is read as 1, what as 0, and what lies between.
YES = """
true t yes y like likes liked love loved up thumb_up thumbs_up thumbs-up thumbup thumbsup good positive pos recommended
recommend upvote upvoted favorite favourite interested
ja wahr gefällt gefällt_mir gut mag_ich positiv empfohlen daumen_hoch oui vrai j'aime aimé bon positif sí si verdadero
me_gusta bueno positivo vero mi_piace sim verdadeiro gosto gostei leuk tak prawda lubię ano líbí igen
да истина нравится хорошо так evet doğru beğendim
是 真 喜欢 喜歡 赞 好 はい 好き いいね 예 네 좋아요 نعم כן ναι हाँ ya có 👍 ❤ ❤️ ♥ ✓ ✔ 😀 🙂
"""
NO = """
false f no n dislike dislikes disliked hate hated down thumb_down thumbs_down thumbs-down thumbdown thumbsdown bad
negative neg not_recommended downvote downvoted not_interested
nein falsch gefällt_nicht gefällt_mir_nicht schlecht mag_ich_nicht negativ nicht_empfohlen daumen_runter non faux
je_n'aime_pas pas_aimé mauvais négatif falso no_me_gusta malo negativo non_mi_piace não nao não_gosto nie fałsz ne
nelíbí nem нет ложь не_нравится плохо ні hayır yanlış beğenmedim 否 假 不喜欢 不喜歡 踩 不好 いいえ 嫌い 아니요 아니오
싫어요 لا לא όχι नहीं tidak không 👎 ✗ ✘ 😞 🙁
"""
NEITHER = """
neutral neither indifferent undecided unsure meh so-so okay average mixed maybe unentschieden egal teils_teils mittel
moyen indiferente regular indifferente нейтрально средне obojętne nötr 一般 中立 普通 ふつう どちらでもない 보통 😐 🤷
"""
