"""Slow versions straight from the textbook, by explicit loops: what the fast ones are held against."""

import math

import numpy as np

# --- Ranking metrics -------------------------------------------------------------------------------------
# A list is item ids, best first; `relevant` maps each held-out item to its rating.


def dcg_at(ranked_list, gain_of, k):
    total = 0.0
    for place, item in enumerate(ranked_list[:k], start=1):
        total += gain_of.get(item, 0.0) / math.log2(place + 1)
    return total


def ndcg_at(ranked_list, gain_of, k, ideal_k=None):
    perfect = sorted(gain_of, key=lambda item: -gain_of[item])
    ideal = dcg_at(perfect, gain_of, k if ideal_k is None else ideal_k)
    return dcg_at(ranked_list, gain_of, k) / ideal if ideal else 0.0


def ndcg(ranked_list, relevant, k):
    return ndcg_at(ranked_list, {item: 1.0 for item in relevant}, k)


def ndcg_uncut_ideal(ranked_list, relevant, k):
    return ndcg_at(ranked_list, {item: 1.0 for item in relevant}, k, ideal_k=len(relevant))


def ndcg_graded(ranked_list, relevant, k):
    return ndcg_at(ranked_list, {item: 2.0**rating - 1 for item, rating in relevant.items()}, k)


def ndcg_linear(ranked_list, relevant, k):
    return ndcg_at(ranked_list, dict(relevant), k)


def precision(ranked_list, relevant, k):
    return sum(item in relevant for item in ranked_list[:k]) / k


def recall(ranked_list, relevant, k):
    return sum(item in relevant for item in ranked_list[:k]) / len(relevant)


def hit_rate(ranked_list, relevant, k):
    return float(any(item in relevant for item in ranked_list[:k]))


def average_precision_over_relevant(ranked_list, relevant, k):
    total = 0.0
    for place, item in enumerate(ranked_list[:k], start=1):
        if item in relevant:
            total += precision(ranked_list, relevant, place)
    return total / len(relevant)


def average_precision(ranked_list, relevant, k):
    return average_precision_over_relevant(ranked_list, relevant, k) * len(relevant) / min(k, len(relevant))


def reciprocal_rank(ranked_list, relevant, k):
    for place, item in enumerate(ranked_list[:k], start=1):
        if item in relevant:
            return 1 / place
    return 0.0


def auc(ranked_list, relevant, k=None):
    right = pairs = 0
    for higher, item in enumerate(ranked_list):
        for other in ranked_list[higher + 1 :]:
            if (item in relevant) != (other in relevant):
                pairs += 1
                right += item in relevant
    return right / pairs if pairs else 0.5


# --- Ranking ---------------------------------------------------------------------------------------------


def unseen_items_best_first(scores_of_user, seen_items):
    """All unseen items by descending score; for scores that are all different."""
    unseen = [item for item in range(len(scores_of_user)) if item not in set(seen_items)]
    return sorted(unseen, key=lambda item: -scores_of_user[item])


# --- Factorisation ---------------------------------------------------------------------------------------
# `table` is an (m, n) list of rows or array with NaN where nothing is known; factors are (m, k) and (n, k).
# The mirror image of every step is the same step on `table.T`.


def is_known(value):
    return not math.isnan(value)


def dot(x, y):
    return sum(float(a) * float(b) for a, b in zip(x, y, strict=True))


def known_in(row):
    return sum(is_known(value) for value in row)


def rating_scale(table):
    """The standard deviation of what is known: the unit in which λ of a model of ratings is given."""
    known = [float(value) for row in table for value in row if is_known(value)]
    mean = sum(known) / len(known)
    return math.sqrt(sum((value - mean) ** 2 for value in known) / len(known))


def mean_strength(table):
    """The mean of what is known and above 0: the unit of a confidence."""
    above = [float(value) for row in table for value in row if value > 0]
    return sum(above) / len(above)


def ridge_of(row, lam, penalty):
    return lam * known_in(row) if penalty == "weighted" else lam


def als_step(table, item_factors, lam, penalty):
    """Each row's factors: (Σ_known q qᵀ + λ_u I)⁻¹ Σ_known r q; zero where nothing is known."""
    k = item_factors.shape[1]
    solutions = np.zeros((len(table), k))
    for u, row in enumerate(table):
        system, right_side = ridge_of(row, lam, penalty) * np.eye(k), np.zeros(k)
        for r, q in zip(row, item_factors.astype(float), strict=True):
            if is_known(r):
                system += np.outer(q, q)
                right_side += r * q
        if known_in(row):
            solutions[u] = np.linalg.solve(system, right_side)
    return solutions


def als_objective(table, user_factors, item_factors, lam, penalty):
    total = 0.0
    for u, row in enumerate(table):
        total += ridge_of(row, lam, penalty) * dot(user_factors[u], user_factors[u])
        total += sum((r - dot(user_factors[u], item_factors[i])) ** 2 for i, r in enumerate(row) if is_known(r))
    for i, column in enumerate(table.T):
        total += ridge_of(column, lam, penalty) * dot(item_factors[i], item_factors[i])
    return total


def confidence_and_preference(value, alpha, a0):
    return (a0 + alpha * value, 1) if is_known(value) and value >= 0 else (a0, 0)


def implicit_ridge_of(row, lam, a0, penalty):
    return lam * (known_in(row) + a0 * len(row)) if penalty == "weighted" else lam


def implicit_als_step(table, item_factors, lam, alpha, a0, penalty):
    """Hu, Koren and Volinsky 2008, equation 4, over all cells: x_u = (Yᵀ C_u Y + λ_u I)⁻¹ Yᵀ C_u p_u."""
    y = item_factors.astype(float)
    solutions = np.zeros((len(table), y.shape[1]))
    for u, row in enumerate(table):
        c, p = map(np.array, zip(*(confidence_and_preference(value, alpha, a0) for value in row), strict=True))
        ridge = implicit_ridge_of(row, lam, a0, penalty) * np.eye(y.shape[1])
        solutions[u] = np.linalg.solve(y.T @ np.diag(c) @ y + ridge, y.T @ np.diag(c) @ p)
    return solutions


def implicit_als_objective(table, x, y, lam, alpha, a0, penalty):
    total = sum(implicit_ridge_of(row, lam, a0, penalty) * dot(x[u], x[u]) for u, row in enumerate(table))
    total += sum(implicit_ridge_of(column, lam, a0, penalty) * dot(y[i], y[i]) for i, column in enumerate(table.T))
    for u, row in enumerate(table):
        for i, value in enumerate(row):
            c, p = confidence_and_preference(value, alpha, a0)
            total += c * (p - dot(x[u], y[i])) ** 2
    return total


def all_cells_objective(matrix, p, q, lam):
    """Squared error over all cells + plain penalty: what the regularised SVD minimises."""
    return als_objective(np.asarray(matrix, float), p, q, lam, "plain")


# --- Biases ----------------------------------------------------------------------------------------------


def biases(table, item_ridge, user_ridge, passes):
    """(b_user, b_item) after each pass of r ≈ μ + b_u + b_i, items first, as Surprise's BaselineOnly."""
    known = [(u, i, value) for u, row in enumerate(table) for i, value in enumerate(row) if is_known(value)]
    mean = sum(value for _, _, value in known) / len(known)
    b_user, b_item = np.zeros(table.shape[0]), np.zeros(table.shape[1])
    after_each = []
    for _ in range(passes):
        for i in range(len(b_item)):
            left = [r - mean - b_user[u] for u, item, r in known if item == i]
            b_item[i] = sum(left) / (item_ridge + len(left)) if left else 0
        for u in range(len(b_user)):
            left = [r - mean - b_item[i] for user, i, r in known if user == u]
            b_user[u] = sum(left) / (user_ridge + len(left)) if left else 0
        after_each.append((b_user.copy(), b_item.copy()))
    return after_each


def biases_objective(table, b_user, b_item, item_ridge, user_ridge):
    mean = np.nanmean(table)
    total = item_ridge * dot(b_item, b_item) + user_ridge * dot(b_user, b_user)
    for u, row in enumerate(table):
        total += sum((r - mean - b_user[u] - b_item[i]) ** 2 for i, r in enumerate(row) if is_known(r))
    return total


# --- Items for items -------------------------------------------------------------------------------------


def ease_weights(x, lam):
    """Each column of B alone: ridge regression of an item on all others, its own weight left out."""
    n = x.shape[1]
    weights = np.zeros((n, n))
    for item in range(n):
        others = [j for j in range(n) if j != item]
        if others:
            system = x[:, others].T @ x[:, others] + lam * np.eye(n - 1)
            weights[others, item] = np.linalg.solve(system, x[:, others].T @ x[:, item])
    return weights


def similarity(x, i, j, kind, shrinkage):
    """Of two items by the sets of people who chose them."""
    ours, theirs = ({u for u in range(len(x)) if x[u, item]} for item in (i, j))
    common = len(ours & theirs)
    if not common:
        return 0.0
    size = math.sqrt(len(ours) * len(theirs)) if kind == "cosine" else len(ours | theirs)
    return common / (size + shrinkage)


# --- Pairs -----------------------------------------------------------------------------------------------


def pair_loss(scores, rows, items, samples, weights):
    """Σ w ln(1 + e^{−(s_i − s_j)}) over each entry's item i and each sample j of its row."""
    total = 0.0
    for entry, (row, item) in enumerate(zip(rows, items, strict=True)):
        for place, sample in enumerate(samples[row]):
            margin = float(scores[row][item]) - float(scores[row][sample])
            total += float(weights[entry][place]) * math.log1p(math.exp(-margin))
    return total


def pairwise_objective(p, q, b, compared, weights, lam):
    """Σ_(u,i) Σ_j w_ij (−ln σ(s_ui − s_uj)) + λ (Σ‖p_u‖² + Σ‖q_i‖² + Σ b_i²), s_ui = p_u·q_i + b_i.

    `compared` maps each choice (u, i) to the items j it is compared with, `weights` to their w_ij.
    """
    total = lam * (sum(dot(row, row) for row in p) + sum(dot(row, row) for row in q) + dot(b, b))
    for (u, i), others in compared.items():
        for j, weight in zip(others, weights[u, i], strict=True):
            margin = dot(p[u], q[i]) + b[i] - dot(p[u], q[j]) - b[j]
            total += weight * math.log1p(math.exp(-margin))
    return total


def equal_weights(compared):
    """w_ij = 1 / |J_ui| for BPR: every choice counts once."""
    return {choice: [1 / len(others)] * len(others) for choice, others in compared.items()}


def lambdarank_weights(compared, scores, gains, k, share):
    """w_ij = (f + (1 − f) c_u |ΔNDCG_ij|) / |J_i|, c_u such that the mean over a person's choices is 1.

    `scores` and `gains` (m, n) are of all items; the ideal DCG is one number a person, which c_u cancels.
    """
    effects = {
        (u, i): [effect_of_a_swap(scores[u], gains[u], i, j, k) for j in others] for (u, i), others in compared.items()
    }
    weights = {}
    for (u, i), others in compared.items():
        means = [sum(effects[each]) / len(compared[each]) for each in compared if each[0] == u]
        c = len(means) / sum(means)
        weights[u, i] = [(share + (1 - share) * c * effect) / len(others) for effect in effects[u, i]]
    return weights


def slope_of(function, at, step=1e-5):
    """The gradient by central differences, one coordinate after another."""
    gradient = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        up, down = at.copy(), at.copy()
        up[place] += step
        down[place] -= step
        gradient[place] = (function(up) - function(down)) / (2 * step)
    return gradient


def effect_of_a_swap(scores_of_user, gains_of_user, item, other, k):
    """|ΔDCG@k| when two items trade places in the list, by making both lists."""
    gain_of = dict(enumerate(gains_of_user))
    before = unseen_items_best_first(scores_of_user, [])
    after = [{item: other, other: item}.get(each, each) for each in before]
    return abs(dcg_at(after, gain_of, k) - dcg_at(before, gain_of, k))


# --- Popularity, on three lists of (user, item, value) ---------------------------------------------------


def popularity_ndcg(train, validation, test, n_items, k):
    """NDCG@k on test of recommending what most users of train have, averaged over all orders of equal counts."""
    counts = [0] * n_items
    for _, item, _ in train:
        counts[item] += 1
    seen, wanted = {}, {}
    for parts, owner in (([train, validation], seen), ([test], wanted)):
        for user, item, _ in (row for part in parts for row in part):
            owner.setdefault(user, set()).add(item)
    values = []
    for user, items in wanted.items():
        groups = {}  # the items that can be recommended, by count
        for item in range(n_items):
            if item not in seen.get(user, ()):
                groups.setdefault(counts[item], []).append(item)
        place, total = 1, 0.0
        for count in sorted(groups, reverse=True):
            group = groups[count]
            hits = sum(item in items for item in group)
            for at in range(place, min(place + len(group), k + 1)):
                total += hits / len(group) / math.log2(at + 1)
            place += len(group)
        values.append(total / sum(1 / math.log2(at + 1) for at in range(1, min(k, len(items)) + 1)))
    return sum(values) / len(values)
