"""The text of files from the wild: quotes, known shapes, separators, first rows, encodings, and all lines counted."""

import gzip
import io
import json

import numpy as np
import pytest

from recsys_core.algorithms.models import FactorModel
from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.reading import Choices, guess_layout, read_items, read_ratings
from recsys_core.data.reading.encodings import ENCODINGS, encoding_examples, guess_encoding
from recsys_core.data.reading.receipt import LineCount
from recsys_core.errors import InputError
from recsys_core.exchange.writing import model_as_npz
from tests.core.data.reading.contents import ratings_of, text

PEOPLE = [f"u{n}" for n in range(8)]


def read(content: bytes, name: str = "r.csv"):
    dataset, receipt = read_ratings(content, name)
    assert receipt.lines is None or receipt.lines.n_unaccounted == 0
    return dataset, receipt


class TestQuotes:
    @pytest.mark.parametrize("delimiter", ["\t", ",", ";", "|"])
    def test_a_quote_that_closes_lines_below_swallows_no_row(self, delimiter):
        names = ["Foxes", '"Heroes', "Sol & Luna", "Kalt", "Foxes", 'Monday 12"', "Kalt", "Sol & Luna"]
        rows = [delimiter.join((f"u{n // 2}", name, str(10 * n))) for n, name in enumerate(names, 1)]
        dataset, receipt = read(text(delimiter.join(("user", "artist", "plays")), *rows))
        assert ratings_of(dataset) == {(f"u{n // 2}", name): 10 * n for n, name in enumerate(names, 1)}
        assert "Quotes are read as letters" in receipt.text() and "line 3" in receipt.text()

    def test_lines_that_a_quote_would_swallow_may_be_damaged_themselves(self):
        lines = ["user,artist,plays", 'u1,"Heroes,20', "u2;Luna;30", "u2,Kalt,40", 'u3,12",60', "u3,Kalt,10"]
        dataset, receipt = read(text(*lines))
        assert len(ratings_of(dataset)) == 4
        assert [line for group in receipt.left_out for line in group.lines] == [3]

    def test_in_tabs_one_open_quote_is_a_letter(self):
        dataset, receipt = read(text("user\tartist\tplays", 'u1\t"Tin Can\t5', "u2\tKalt\t3", "u1\tKalt\t2"), "r.tsv")
        assert '"Tin Can' in dataset.item_ids and "line 2" in receipt.text()

    def test_tabs_with_fields_that_need_their_quotes_know_quotes(self):
        lines = ["user\tartist\tplays", 'u1\t"Say ""hi"", ok"\t5', 'u2\t"a\tb"\t3', "u1\tKalt\t2"]
        assert set(read(text(*lines), "r.tsv")[0].item_ids) == {'Say "hi", ok', "a\tb", "Kalt"}

    def test_the_only_quote_of_a_small_file_is_mended_by_hand_of_a_large_one_it_is_a_letter(self):
        rows = [f"u{n % 50},i{n % 70},{n % 5 + 1}" for n in range(1_500)]
        rows[7] = '"' + rows[7]
        with pytest.raises(InputError, match=r"line 9.*'letters' for 'Quotes'"):
            read_ratings(text("user,item,rating", *rows[:40]), "r.csv")
        dataset, receipt = read(text("user,item,rating", *rows))
        assert receipt.n_read == 1_500 and '"u7' in dataset.user_ids
        assert "line 9" in receipt.text()
        layout = guess_layout(text("user,item,rating", *rows[:40]), "r.csv", choices=Choices(quotes=False)).layout
        assert '"u7' in read_ratings(text("user,item,rating", *rows[:40]), "r.csv", layout)[0].user_ids

    def test_one_bad_line_among_quoted_ones_is_told_and_the_others_are_read(self):
        rows = [f'"u{n % 9}","Film, part {n % 7}","{n % 5 + 1}"' for n in range(60)]
        rows[4] = '"u4","Film, part 4,"3"'
        dataset, receipt = read(text('"user","item","rating"', *rows))
        assert receipt.n_read == 60 and "line 6" in receipt.text()
        assert "Film, part 0" in dataset.item_ids
        dataset, receipt = read(text('"user","item","rating"', *rows[:4], '"u3","i99,4'))
        assert ratings_of(dataset)["u3", '"i99'] == 4 and "line 6" in receipt.text()

    def test_reviews_of_several_lines_with_commas_in_them_stay_whole(self):
        review = "Long, winding, slow.\n\nWould see it again, maybe.\nOne, two, three"
        file = io.StringIO()
        file.write("user,item,rating,review\n")
        for n in range(40):
            file.write(f'u{n % 8},i{n},{n % 5 + 1},"{review} {n}"\n')
        dataset, receipt = read(file.getvalue().encode())
        assert dataset.interactions.n_interactions == 40 and receipt.left_out == ()
        assert ("in quotes that began above", 120) in receipt.lines.counts

    def test_a_title_of_two_lines_is_one_title(self):
        lines = ["user,item,rating,title", '1,a,5,"line one', 'line two"', '1,b,4,"say ""hi"", ok"', '2,a,3,"x,y"']
        dataset, _ = read(text(*lines))
        assert set(dataset.titles) == {"x,y", 'say "hi", ok'} and dataset.interactions.n_interactions == 3

    def test_quotes_after_a_backslash_belong_to_the_title(self):
        lines = ['"ISBN";"Book-Title"', '"1";"Say \\"No\\"; Mean It"', '"2";"The \\"Blue\\" Door"', '"3";"Plain"']
        items, receipt = read_items(text(*lines), "books.csv")
        assert items.titles == ('Say "No"; Mean It', 'The "Blue" Door', "Plain") and receipt.left_out == ()

    def test_a_backslash_at_the_end_of_a_field_is_only_that(self):
        items, _ = read_items(text('"id";"title"', '"1";"C:\\"', '"2";"D:\\"'), "books.csv")
        assert items.titles == ("C:\\", "D:\\")


class TestShapes:
    def test_netflix_blocks_are_read_with_the_film_of_each(self):
        content = text("1:", "10,3,2005-09-06", "11,5,2005-05-13", "2:", "10,4,2005-12-26", "", "12,1")
        dataset, receipt = read(content, "combined_data_1.txt")
        assert ratings_of(dataset) == {("10", "1"): 3, ("11", "1"): 5, ("10", "2"): 4}
        assert dataset.times is not None
        assert [(group.count, int(group.lines[0])) for group in receipt.left_out] == [(1, 7)]
        assert ("headings of blocks", 2) in receipt.lines.counts

    def test_blocks_without_ratings_count_choices(self):
        dataset, _ = read(text("1:", "30878", "2647871", "10:", "1952305", "30878"), "probe.txt")
        assert set(ratings_of(dataset)) == {("30878", "1"), ("2647871", "1"), ("1952305", "10"), ("30878", "10")}

    @pytest.mark.parametrize("separator", [" ", "\t", ","])
    def test_a_line_for_each_person_is_their_items(self, separator):
        items = {"0": [42, 28, 7, 48], "1": [59, 24], "2": [22, 56, 51, 37, 26], "3": [], "4": [7, 42, 59]}
        lines = [separator.join([user, *map(str, chosen)]) for user, chosen in items.items()]
        dataset, receipt = read(text(*lines), "train.txt")
        assert set(ratings_of(dataset)) == {(user, str(item)) for user, chosen in items.items() for item in chosen}
        assert ("without an item", 1) in receipt.lines.counts and "names a user without an item" in receipt.text()

    def test_lists_of_one_length_are_no_table(self):
        rng = np.random.default_rng(0)
        lines = [" ".join(map(str, [user, *rng.choice(300, 8, replace=False)])) for user in range(40)]
        assert read(text(*lines), "train.txt")[0].interactions.n_interactions == 320

    def test_a_matrix_of_ratings_without_names_is_no_list(self):
        rng = np.random.default_rng(0)
        lines = [" ".join(map(str, [user, *rng.integers(1, 6, 8)])) for user in range(40)]
        assert guess_layout(text(*lines), "m.txt").layout.orientation == "wide"

    def test_two_tabs_between_fields_are_one_separator(self):
        dataset, receipt = read(text("user\t\titem\t\trating", "a\t\tx\t\t3", "b\t\ty\t\t4", "a\t\ty\t\t5"))
        assert ratings_of(dataset) == {("a", "x"): 3, ("b", "y"): 4, ("a", "y"): 5}
        assert "two tabs" in receipt.text()

    def test_columns_aligned_by_spaces_are_columns(self):
        dataset, _ = read(text("  user  item rating", "   1     10      3", "  12      7      4", "   1      7      5"))
        assert ratings_of(dataset) == {("1", "10"): 3, ("12", "7"): 4, ("1", "7"): 5}

    @pytest.mark.parametrize(
        ("line", "word"),
        [
            ("{0} qid:{0} 1:0.9 2:0.{0} # doc", "LETOR"),
            ("{0} 3:0.5 7:1 12:0.{0}", "LibSVM"),
            ("{0}\tU{0}\t11/12/2019 8:05:58 PM\tN4 N{0}\tN2-0 N9-1 N{0}-0", "impressions"),
            ("{0} Q0 DOC{0} 1 2.5 run", "qrels"),
        ],
    )
    def test_a_file_that_holds_no_ratings_is_refused_with_what_it_is(self, line, word):
        with pytest.raises(InputError, match=word) as caught:
            read_ratings(text(*(line.format(n) for n in range(1, 9))), "file.txt")
        assert caught.value.__cause__ is None

    def test_judgements_of_trec_are_ratings_of_topics(self):
        dataset, receipt = read(text("301 0 FBIS3-1 1", "301 0 FBIS3-2 0", "302 0 FBIS3-1 2"), "qrels.txt")
        assert ratings_of(dataset) == {("301", "FBIS3-1"): 1, ("301", "FBIS3-2"): 0, ("302", "FBIS3-1"): 2}
        assert "Topics are read as people" in receipt.text()

    def test_the_web_log_of_uci_is_read_with_its_titles(self):
        lines = ['I,4,"www.microsoft.com","created by getlog.pl"', 'T,1,"VRoot",0,0,"VRoot"', 'N,0,"0"',
                 'A,1000,1,"regwiz","/regwiz"', 'A,1001,1,"Support Desktop","/support"', 'C,"10001",10001',
                 "V,1000,1", "V,1001,1", 'C,"10002",10002', "V,1001,1"]  # fmt: skip
        dataset, _ = read(text(*lines), "anonymous-msweb.data")
        assert set(ratings_of(dataset)) == {("10001", "1000"), ("10001", "1001"), ("10002", "1001")}
        assert dataset.titles == ("regwiz", "Support Desktop")

    def test_typed_headers_of_recbole_name_the_columns(self):
        header = "user_id:token\titem_id:token\trating:float\ttimestamp:float"
        dataset, _ = read(text(header, "1\t10\t3\t881250949", "2\t10\t4\t881250950"), "ml.inter")
        assert ratings_of(dataset) == {("1", "10"): 3, ("2", "10"): 4} and dataset.times is not None

    @pytest.mark.parametrize("name", ["r.json", "r.jsonl", "r.ndjson", "r.json.gz", "r.txt", "r.csv"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
    def test_json_lines_by_any_name_are_read_without_what_is_nested(self, name, encoding):
        rows = [
            {"reviewerID": f"A{n % 3}", "asin": f"B{n}", "helpful": [2, 3], "overall": n % 5 + 1.0} for n in range(9)
        ]
        content = "\n".join(map(json.dumps, rows)).encode(encoding)
        dataset, receipt = read(gzip.compress(content) if name.endswith("gz") else content, name)
        assert ratings_of(dataset) == {(row["reviewerID"], row["asin"]): row["overall"] for row in rows}
        assert "Nested values are not used: 'helpful'" in receipt.text()

    @pytest.mark.parametrize(
        ("content", "word"),
        [
            ('[{"user": 1, "item": 2, "rating": 3}, {"user": 1, "item": 3, "rating": 3}]', "one object per line"),
            ('{\n "user": 1,\n "item": 2\n}', "one object per line"),
            ("{'reviewerID': 'A1', 'asin': 'B1', 'overall': 5.0}\n" * 3, "Python"),
            ('{"user": {"id": 1}, "item": 2}\n{"user": {"id": 2}, "item": 2}\n', "nested"),
        ],
    )
    def test_other_json_is_refused_with_what_to_do(self, content, word):
        with pytest.raises(InputError, match=word) as caught:
            read_ratings(content.encode(), "r.json")
        assert caught.value.__cause__ is None


class TestLines:
    @pytest.mark.parametrize("header", ["user,item,rating", "user,item,rating,"])
    def test_a_separator_at_the_end_of_every_row_is_no_column(self, header):
        dataset, receipt = read(text(header, "1,a,3,", "2,b,4,", "1,b,5,"))
        assert ratings_of(dataset) == {("1", "a"): 3, ("2", "b"): 4, ("1", "b"): 5}
        assert "trailing" in receipt.text() and "Not used" not in receipt.text()

    def test_separators_at_the_end_of_some_rows_are_dropped_and_told(self):
        dataset, receipt = read(text("user,item,rating", "1,a,3", "2,b,4,,,", "1,b,5"))
        assert len(ratings_of(dataset)) == 3 and "line 3" in receipt.text()

    def test_a_last_column_that_is_only_blank_at_first_is_kept(self):
        rows = [f"u{n % 9},i{n},{n % 5 + 1}," for n in range(300)] + ["u1,x,3,1500000000"]
        assert len(guess_layout(text(*rows), "r.csv").columns) == 4

    def test_short_rows_of_a_matrix_end_unrated_and_long_ones_are_named(self):
        rows = ["user,m0,m1,m2,m3,m4,m5", "u0,1,2,3", "u1,1,2,3,4,5,1,2", "u2,1,2,3,4,5,1", "u3,5"]
        dataset, receipt = read(text(*rows))
        assert dataset.interactions.n_interactions == 3 + 6 + 1
        assert [(int(group.lines[0]), group.count) for group in receipt.left_out] == [(3, 1)]
        assert "line 2, line 5" in receipt.text()

    def test_a_matrix_all_of_whose_rows_are_short_is_read(self):
        rows = [",".join([f"p{n}", *"1234512345"[: 2 + n % 4]]) for n in range(12)]
        dataset, receipt = read(text("who,a,b,c,d,e,f", *rows))
        assert dataset.interactions.n_interactions == sum(2 + n % 4 for n in range(12))
        assert "12 rows are shorter" in receipt.text()

    @pytest.mark.parametrize("missing", ["NA", "null", "-", "?"])
    def test_a_small_matrix_with_marks_for_missing_values_is_one(self, missing):
        rows = ["\ta\tb\tc\td", f"u1\t1\t3\t3\t{missing}", f"u2\t{missing}\t{missing}\t1\t{missing}", "u3\t3\t4\t3\t4"]
        assert read(text(*rows))[0].interactions.n_interactions == 8

    def test_a_low_rating_far_from_the_others_is_still_a_rating(self):
        rows = ["user;a;b;c;d;e;f", "u1;1;1;;;;", "u2;;7;8;;;", "u3;;7;;8;6;1"]
        assert read(text(*rows))[0].interactions.n_interactions == 8

    def test_a_line_with_a_nul_is_one_bad_line(self):
        rows = [f"u{n % 4},i{n},{n % 5 + 1}" for n in range(20)]
        rows[5] = "u1\0,i5,3"
        _, receipt = read(text("user,item,rating", *rows, "\0" * 400))
        assert (receipt.n_kept, receipt.n_left_out) == (19, 2)
        assert "NUL" in receipt.text() and "line 7" in receipt.text()

    @pytest.mark.parametrize("content", [bytes(range(256)) * 8, b"user,item,rating\n" + b"\0\1\2\3\4" * 300])
    def test_a_binary_file_is_still_one(self, content):
        with pytest.raises(InputError, match="binary"):
            read_ratings(content, "r.csv")

    def test_comments_blank_lines_and_lines_above_are_counted_apart(self):
        lines = ["# by the shop", "", "user,item,rating", "1,a,3", "", "# half", "2,b,4", "2,b,4,7,8"]
        _, receipt = read(text(*lines))
        assert dict(count for count in receipt.lines.counts if count[1]) == {
            "header": 1, "comments": 2, "blank": 2, "rows": 2, "left out": 1,
        }  # fmt: skip
        assert receipt.lines.sentence().startswith("8 lines in the file: ")

    def test_comments_above_may_hold_the_header_or_none(self):
        assert read(text("# user_id,item_id,rating", "1,7,3", "2,8,4"))[1].n_kept == 2
        konect = text("% bip weighted", "% 4 943 1682 9", "1 7 5 881250949", "2 7 4 881250950", "2 8 4 881250951")
        dataset, _ = read(konect, "out.movielens")
        assert set(ratings_of(dataset)) == {("1", "7"), ("2", "7"), ("2", "8")}

    def test_lines_that_got_lost_are_told(self):
        assert LineCount(60, (("rows", 36), ("blank", 0))).n_unaccounted == 24
        [sentence] = LineCount(60, (("rows", 36), ("left out", 1))).warning()
        assert "60" in sentence and "37" in sentence
        assert LineCount(60, (("header", 1), ("rows", 59))).warning() == []


class TestFirstRow:
    @pytest.mark.parametrize("first", ["030640615X", "NA", "X030640615"])
    def test_a_row_that_differs_by_a_letter_is_data(self, first):
        rows = [f"A{n},{first},{n % 5 + 1}.0,{1_368_767_234 + n}" if n == 0 else
                f"A{n},{1_000_000_000 + n},{n % 5 + 1}.0,{1_368_767_234 + n}" for n in range(30)]  # fmt: skip
        assert read(text(*rows))[1].n_read == 30

    def test_a_first_row_whose_rating_is_missing_is_data(self):
        _, receipt = read(text("u1,i1,NA", "u2,i1,3", "u1,i2,4", "u3,i2,5", "u3,i1,1", "u2,i3,2"))
        assert receipt.n_read == 6 and receipt.n_left_out == 1

    @pytest.mark.parametrize("header", ["user,item,rating", "wer,was,wert", "id,name,x", "用户,电影,评分"])
    def test_a_row_of_names_is_a_header(self, header):
        rows = [f"u{n % 5},f{n % 7},{n % 5 + 1}" for n in range(30)]
        assert guess_layout(text(header, *rows), "r.csv").layout.header

    @pytest.mark.parametrize("header", ["userId,1,2,3,4", ",1,2,3,4", ",5,3,9,1", "student,1,2,3,4"])
    def test_numbers_of_items_above_a_matrix_are_a_header(self, header):
        rows = [f"p{n},{n % 5 + 1},,{n % 3 + 1},4" for n in range(9)]
        preview = guess_layout(text(header, *rows), "m.csv")
        assert preview.layout.header and preview.layout.orientation == "wide"


TITLES = {
    "cp1251": ("Оценка", "Война и мир", "Москва слезам не верит", "Сталкер", "Тихий Дон"),
    "koi8_r": ("Оценка", "Война и мир", "Москва слезам не верит", "Сталкер", "Тихий Дон"),
    "gb18030": ("用户", "霸王别姬", "大话西游", "千与千寻", "这个杀手不太冷"),
    "shift_jis": ("千と千尋の神隠し", "となりのトトロ", "もののけ姫", "ポニョ", "七人の侍"),
    "euc_kr": ("올드보이", "기생충", "살인의 추억", "친절한 금자씨"),
    "big5": ("臥虎藏龍", "海角七號", "悲情城市", "飲食男女"),
    "cp1252": ("Amélie – le film", "“Heroes”", "Señor Ñandú", "Les Misérables"),
    "latin-1": ("Amélie", "Müller", "Señor Ñandú", "Les Misérables"),
    "cp1250": ("Příběh", "Žena za pultem", "Zażółć gęślą jaźń", "Człowiek z żelaza", "Dvě věže"),
}


class TestEncodings:
    @pytest.mark.parametrize("encoding", TITLES)
    def test_an_old_encoding_is_guessed_and_named(self, encoding):
        lines = [f"u{n % 4},{title} {n},{n % 5 + 1}" for n, title in enumerate(TITLES[encoding] * 3)]
        content = "\n".join(["user,item,rating", *lines]).encode(encoding)
        dataset, receipt = read(content)
        assert {item.rsplit(" ", 1)[0] for item in dataset.item_ids} == set(TITLES[encoding])
        assert ENCODINGS[encoding] in receipt.text() and "'Encoding'" in receipt.text()

    @pytest.mark.parametrize("encoding", TITLES)
    def test_utf8_is_never_called_something_else(self, encoding):
        for count in (1, 2, 5):
            lines = [f"u{n},{title},3" for n, title in enumerate(TITLES[encoding][:count])]
            dataset, receipt = read("\n".join(["user,item,rating", *lines]).encode())
            assert set(dataset.item_ids) == set(TITLES[encoding][:count]) and "not UTF-8" not in receipt.text()

    def test_one_damaged_byte_in_utf8_leaves_the_other_letters(self):
        content = "user,item,rating\né,a,3\nç,a,3\nü,b,4\n".encode() + b"\xff,a,4\n"
        dataset, receipt = read(content)
        assert {"é", "ç", "ü", "\\xff"} == set(dataset.user_ids) and "line 5" in receipt.text()

    def test_western_words_with_curly_quotes_are_not_cyrillic(self):
        lines = [f"u{n % 4},Café “{n}”,{n % 5 + 1}" for n in range(20)]
        dataset, _ = read("\n".join(["user,item,rating", *lines]).encode("cp1252"))
        assert "Café “7”" in dataset.item_ids

    def test_a_few_bytes_are_read_as_western(self):
        assert guess_encoding("user,item\n1,Caf\xe9\n".encode("latin-1")) == "latin-1"

    def test_the_examples_hold_the_right_reading_once(self):
        readings = encoding_examples("user,item\n1,Сталкер\n2,Война и мир\n".encode("cp1251"))
        assert dict(readings)["cp1251"] == ("Война и мир", "Сталкер")
        assert len({texts for _, texts in readings}) == len(readings) > 2

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
    def test_utf16_is_read_with_a_mark_or_by_choice(self, encoding):
        content = "user,item,rating\nu1,Сталкер,3\nu2,Солярис,4\n".encode(encoding)
        if encoding != "utf-16":
            with pytest.raises(InputError, match="for 'Encoding'"):
                read_ratings(b"user,item,rating\nu1,a,3\n".decode().encode(encoding), "r.csv")
        layout = guess_layout(content, "r.csv", choices=Choices(encoding=encoding)).layout
        assert set(read_ratings(content, "r.csv", layout)[0].item_ids) == {"Сталкер", "Солярис"}


class TestLongTexts:
    def test_a_long_title_is_shown_short_and_told(self):
        lines = [f"u{n % 5},i{n},{n % 5 + 1},{'x' * 5_000 if n == 7 else f'title {n}'}" for n in range(20)]
        dataset, receipt = read(text("user,item,rating,title", *lines))
        assert max(map(len, dataset.titles)) < 300 and "1,000 characters" in receipt.text()

    def test_one_long_title_does_not_pad_all_others(self):
        n = 5_000
        data = Interactions.from_triples(np.array([0, 1]), np.array([0, 1]), np.ones(2), 2, n)
        titles = tuple("x" * 20_000 if item == 5 else f"title {item}" for item in range(n))
        dataset = Dataset("x", data, ("a", "b"), tuple(map(str, range(n))), "implicit", titles)
        content = model_as_npz(FactorModel.of(np.ones((2, 4)), np.ones((n, 4))), dataset, {})
        arrays = np.load(io.BytesIO(content))
        assert arrays["titles"].nbytes < 5_000_000 and arrays["titles"][6] == "title 6"
        assert arrays["titles"][5].startswith("xxx")

    def test_ids_that_would_fill_the_memory_are_refused(self):
        n = 5_000
        data = Interactions.from_triples(np.array([0, 1]), np.array([0, 1]), np.ones(2), 2, n)
        ids = tuple("x" * 60_000 if item == 5 else str(item) for item in range(n))
        dataset = Dataset("x", data, ("a", "b"), ids, "implicit", tuple(map(str, range(n))))
        with pytest.raises(InputError, match="Parquet"):
            model_as_npz(FactorModel.of(np.ones((2, 4)), np.ones((n, 4))), dataset, {})


def test_two_named_columns_are_cut_where_their_names_are():
    """Each name has one blank, so that blanks cut the rows too, and into three fields."""
    rows = [f"Vera {letter}.,Film {n}" for letter in "ABCDE" for n in range(4)]
    dataset, _ = read_ratings(text("user,item", *rows), "training.csv")
    assert dataset.user_ids == tuple(f"Vera {letter}." for letter in "ABCDE")
    assert set(dataset.item_ids) == {f"Film {n}" for n in range(4)}


def test_a_header_behind_a_number_sign_and_a_tab_is_a_line_like_others():
    """Before the number sign of a line nothing may stand: it is no label of a LibSVM file."""
    rows = "".join(f"{user},{item},{1 + (user + item) % 5}\n" for user in range(4) for item in range(3))
    dataset, _ = read_ratings(f"\t#user,item,rating\n{rows}".encode(), "r.csv")
    assert dataset.interactions.n_interactions == 12
