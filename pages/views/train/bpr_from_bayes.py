"""Where BPR's objective comes from, and the σ of LambdaRank's forces."""

import streamlit as st

from recsys_core.store.run import Run


def bpr_from_bayes(algorithm: str, run: Run | None) -> None:
    """Derive BPR's objective and gradient from a likelihood of choices and a Gaussian prior."""
    st.markdown(
        "**Likelihood.** A person *u* prefers *i* to *j* with a probability that depends on the difference of their "
        "scores:"
    )
    st.latex(
        r"p(i>_u j\mid\Theta)=\sigma(\hat x_{uij}),\qquad "
        r"\hat x_{uij}=s_{ui}-s_{uj},\qquad\sigma(x)=\frac{1}{1+e^{-x}}"
    )
    st.markdown("**Prior.** Every parameter is probably small, independently of the others:")
    st.latex(r"\Theta\sim\mathcal N\!\Big(0,\tfrac{1}{2\lambda}I\Big)"
             r"\quad\Rightarrow\quad \ln p(\Theta)=-\lambda\lVert\Theta\rVert^2+\text{const}")  # fmt: skip
    st.markdown("**Posterior**, by Bayes' rule; its maximum is BPR's answer:")
    st.latex(r"\ln p(\Theta\mid{>})=\sum_{(u,i,j)}\ln\sigma(\hat x_{uij})-\lambda\lVert\Theta\rVert^2+\text{const}")
    st.markdown("**Gradient**, by which the parameters are moved; for sure pairs it vanishes:")
    st.latex(
        r"\frac{\partial}{\partial\Theta}\big(\ln\sigma(\hat x_{uij})-\lambda\lVert\Theta\rVert^2\big)"
        r"=\big(1-\sigma(\hat x_{uij})\big)\frac{\partial\hat x_{uij}}{\partial\Theta}-2\lambda\Theta"
    )
    st.caption(
        "The paper sums over all triples; here every choice (u, i) has the mean over the items j it is compared with, "
        "so that a choice counts once. Rendle, Freudenthaler, Gantner and Schmidt-Thieme, BPR: Bayesian personalized "
        "ranking from implicit feedback, UAI 2009, section 4."
    )


def lambdarank_forces(algorithm: str, run: Run | None) -> None:
    """Say which σ stands in λ_ij, and with which sign."""
    st.latex(
        r"\frac{\partial}{\partial s_i}\ln\sigma(s_i-s_j)=1-\sigma(s_i-s_j)=\sigma(s_j-s_i)=\frac{1}{1+e^{\,s_i-s_j}}"
    )
    st.write(
        "This is the force of a pair in BPR; LambdaRank multiplies it by a weight that depends on what swapping the "
        "two items would change in NDCG. As a gradient of a cost C, λ is negative: a step goes against it, so the "
        "better item i moves up and j down."
    )
    st.latex(r"\sigma'(x)=\sigma(x)\,\sigma(-x)")
    st.caption(
        "Some texts write σ′(sᵢ − sⱼ) in λᵢⱼ. That has one factor σ too many: pairs far in the wrong order would "
        "hardly be pushed. The standard form is in Burges, From RankNet to LambdaRank to LambdaMART, MSR-TR-2010-82, "
        "section 4."
    )
