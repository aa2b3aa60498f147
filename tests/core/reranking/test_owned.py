"""Owned items: every row of the file is told in numbers, no list holds one, and what cannot be read is said."""

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.reranked import Reranked
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import TOP_DEPTH, evaluate
from recsys_core.evaluation.list_context import list_context
from recsys_core.evaluation.reference_models import evaluate_reference_models
from recsys_core.reranking.owned import read_owned
from recsys_core.reranking.rerank import find_candidates, rerank


@pytest.fixture(scope="module")
def data():
    dataset = generate(SyntheticRecipe(n_users=80, n_items=300, seed=3))
    split = make_split(dataset)
    *_, last = ALGORITHMS["ease"]().epochs(split.train)
    return dataset, split, last.model


def as_csv(dataset, pairs, header="user,item") -> bytes:
    lines = [header] if header else []
    return "\n".join([*lines, *(f"{dataset.user_ids[u]},{dataset.item_ids[i]}" for u, i in pairs)]).encode()


def lists_without(data, owned, subset="validation"):
    dataset, split, model = data
    context = list_context(dataset, split, evaluate_reference_models(dataset, split, subset)["Popularity"])
    recipe = Reranked(owned=owned.fingerprint, n_owned=owned.n_pairs)
    return rerank(find_candidates(model, dataset, split, subset, recipe, owned), dataset, split, recipe, context)


@pytest.mark.parametrize("subset", ["validation", "test"])
def test_no_list_holds_what_is_owned_and_all_else_closes_up_however_much_it_is(data, subset):
    dataset, split, model = data
    own = evaluate(model, split, subset)
    best = model.scores(np.array([7]))[0].argsort()[::-1][:250]  # more than are looked at for a list
    pairs = [(user, int(item)) for user in range(5) for item in own.top_items[user, :3] if item >= 0]
    pairs += [(7, int(item)) for item in best]
    owned = read_owned(as_csv(dataset, pairs), "owned.csv", dataset)
    assert (owned.n_pairs, owned.n_rows) == (len(pairs), len(pairs))
    lists = lists_without(data, owned, subset).lists
    seen, _ = split.seen_and_held_out(subset)
    for user, row in enumerate(lists):
        items = set(row[row >= 0].tolist())
        assert not items & {i for u, i in pairs if u == user} and not items & set(seen.items[seen.of(user)].tolist())
        rest = 300 - len(set(seen.items[seen.of(user)].tolist()) | {i for u, i in pairs if u == user})
        assert len(items) == min(TOP_DEPTH, rest)
    ours = evaluate(lists_without(data, owned, subset), split, subset)
    others = np.isin(own.users, [user for user, _ in pairs], invert=True)
    np.testing.assert_array_equal(ours.top_items[others], own.top_items[others])


def test_every_row_is_told_and_those_that_are_answers_are_counted(data):
    dataset, split, _ = data
    held_out = split.validation.relevant
    answers = list(zip(held_out.users[:4].tolist(), held_out.items[:4].tolist(), strict=True))
    rows = as_csv(dataset, answers).decode().splitlines()
    rows += [rows[1], "nobody,i1", f"{dataset.user_ids[0]},nothing", f",{dataset.item_ids[0]}"]
    owned = read_owned("\n".join(rows).encode(), "owned.csv", dataset)
    counts = (
        owned.n_rows,
        owned.n_pairs,
        owned.n_repeated,
        owned.n_unknown_users,
        owned.n_unknown_items,
        owned.n_blank,
    )
    assert counts == (8, 4, 1, 1, 1, 1)
    assert counts[0] == sum(counts[1:])
    said = " ".join(owned.sentences())
    assert "'nobody'" in said and "'nothing'" in said
    assert "4 of these pairs" in owned.held_out_sentence(split, "validation")
    assert read_owned(as_csv(dataset, answers[::-1]), "o.csv", dataset).fingerprint == owned.fingerprint
    assert read_owned(as_csv(dataset, answers[1:]), "o.csv", dataset).fingerprint != owned.fingerprint


def test_ids_that_a_program_wrote_as_numbers_are_those_of_the_data(data):
    dataset, _, _ = data
    m, n = len(dataset.user_ids), len(dataset.item_ids)
    numbered = replace(dataset, user_ids=tuple(map(str, range(m))), item_ids=tuple(map(str, range(n))))
    owned = read_owned(b"user,item\n3.0,7.0\n4.0,9.0\n", "owned.csv", numbered)
    assert set(zip(owned.pairs.users.tolist(), owned.pairs.items.tolist(), strict=True)) == {(3, 7), (4, 9)}


@pytest.mark.parametrize(
    "header, swap, more",
    [("", False, ""), ("user_id,item_id", False, ""), ("movieId,userId,rating", True, ",0"), ("who,item", False, "")],
)
def test_the_columns_are_found_with_and_without_a_header_whatever_else_the_file_says(data, header, swap, more):
    dataset, _, _ = data
    pairs = [(user, (7 * user) % 300) for user in range(40)]
    lines = [header] if header else []
    for user, item in pairs:
        ids = [dataset.user_ids[user], dataset.item_ids[item]]
        lines.append(",".join(ids[::-1] if swap else ids) + more)
    owned = read_owned("\n".join(lines).encode(), "owned.csv", dataset)
    assert owned.n_rows == owned.n_pairs == 40
    assert set(zip(owned.pairs.users.tolist(), owned.pairs.items.tolist(), strict=True)) == set(pairs)


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "empty|rows|blank"),
        (b"   \n \n", "rows|blank"),
        (b"\x00\x01\x02\xff\xfe" * 50, "."),
        (b"user,item\n", "rows"),
        (b"user\nu1\nu2\n", "two columns|columns"),
        (b"alpha,beta\nx,y\nz,w\n", "None of its ids is here|columns user and item"),
        (b"alpha,beta,gamma\n1,2,3\n4,5,6\n", "columns user and item"),
        (b"a,b,c\nd,e,f\n", "."),
        (b"user,item\nnobody,nothing\n", "None of its ids is here"),
        (b"PK\x03\x04broken", "."),
    ],
)
def test_what_is_no_such_file_is_refused_in_words(data, content, said):
    with pytest.raises(InputError, match=said):
        read_owned(content, "owned.csv", data[0])


def test_rows_that_each_have_an_unknown_id_are_refused(data):
    dataset, _, _ = data
    rows = f"user,item\n{dataset.user_ids[0]},nothing\nnobody,{dataset.item_ids[0]}\n"
    with pytest.raises(InputError, match="Every row has an unknown one"):
        read_owned(rows.encode(), "owned.csv", dataset)


def test_lists_are_made_again_only_with_the_pairs_of_their_recipe(data):
    dataset, split, model = data
    one, other = (read_owned(as_csv(dataset, [(user, 3)]), "owned.csv", dataset) for user in (0, 1))
    recipe = Reranked(owned=one.fingerprint, n_owned=1)
    for given in (None, other):
        with pytest.raises(InputError, match="give the file"):
            find_candidates(model, dataset, split, "validation", recipe, given)


def test_a_recipe_without_owned_items_has_the_settings_that_it_always_had():
    assert not {"owned", "n_owned"} & set(Reranked(aim="diversity", dial=0.3).settings())
    recipe = Reranked(owned="0123456789abcdef", n_owned=1234)
    assert Reranked(**recipe.settings()) == recipe
    assert recipe.changes_anything and "1,234 pairs" in recipe.filters_sentence


def test_what_items_are_described_by_belongs_to_a_recipe_that_goes_by_it_alone():
    one, other = (Reranked(aim="diversity", dial=0.3, described_by=each) for each in ("", "ab"))
    assert one != other and "described_by" not in one.settings() and Reranked(**other.settings()) == other
    assert Reranked(most_people=0.5, described_by="ab") == Reranked(most_people=0.5)


def test_lists_of_a_model_from_a_file_are_doubted_as_the_model_is():
    assert not Reranked().caution
    assert "cannot be checked here" in Reranked(parent_imported=True).caution
    of_a_blend = Reranked(parent_imported=True, parent_leaks=("validation",)).caution
    assert "trained on validation data" in of_a_blend and "cannot be checked here" in of_a_blend
    assert "cannot be checked" not in Reranked(parent_imported=True, parent_leaks=("validation", "test")).caution
