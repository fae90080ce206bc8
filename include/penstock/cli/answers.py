"""The questions that `penstock demo` asks the marts, one for each subject."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A question in words, and as SQL on the marts."""

    text: str
    query: str


QUESTIONS = (
    Question(
        "events: how many does each file hold, and of what time?",
        "SELECT filename, count(*) AS events, min(event_time) AS first, max(event_time) AS last"
        " FROM marts.events GROUP BY filename ORDER BY filename",
    ),
    Question(
        "products: which names do most of them bear?",
        "SELECT name, product_count, rows_received FROM marts.product_aggregates"
        " ORDER BY product_count DESC, name LIMIT 3",
    ),
    Question(
        "access_log: which hosts asked most?",
        "SELECT host, country, sum(requests)::bigint AS requests FROM marts.access_log_hosts_daily"
        " GROUP BY host, country ORDER BY requests DESC, host LIMIT 3",
    ),
    Question(
        "articles: which were liked most on 1 April 2017?",
        "SELECT article_id, title, likes FROM marts.article_likes_daily"
        " WHERE day = '2017-04-01' ORDER BY likes DESC, article_id LIMIT 3",
    ),
    Question(
        "votes: how are they distributed?",
        "SELECT name, total_votes, last_10_minutes_votes FROM marts.vote_distribution"
        " ORDER BY total_votes DESC, name",
    ),
    Question(
        "step_chains: which number has the longest chain?",
        "SELECT number, steps, peak FROM marts.step_chain_summary"
        " WHERE complete ORDER BY steps DESC, number LIMIT 3",
    ),
    Question(
        "people: who is the oldest?",
        "SELECT user_id, first_name, last_name, age, img_path FROM marts.people"
        " ORDER BY birthts, user_id LIMIT 3",
    ),
)
