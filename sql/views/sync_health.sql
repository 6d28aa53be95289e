-- One row: a topic of the last night of an application, with a figure and whether it asks for attention.
--
-- Topics:
--   run: hours from the end of the application's last night to knowledge.known_until; ok where that night was published.
--   gates: that failed in it, accepted or not.
--   control totals: counts of the vendor's that differ from ours without explanation; ok only where some were taken.
--   user counters: counters of users that differ.
--   promises: sessions and users of which we know less recently than promised.
--   nights left: until all that is new or changed is read; -1: the budget does not suffice.
--   rejects: elements that could not be read in the night.
--   stale: sessions whose newest document could not be read, so that an older one stands.
--   drift: paths and values that no column expects and that nobody has accepted, over all nights since the beginning.
--
-- A night that was not published is not in the warehouse: kycsync status tells of it. Whether the night itself is late
-- by the clock, the warehouse cannot know.
--
-- question: Did the last night cover everything, and what needs attention?
-- column topic internal: see above
-- column state internal: ok or attention
-- column figure internal: see the topic
-- column note internal: more, in words
-- column run_id internal: the last night of the application
-- column finished_at internal: its end
-- example: SELECT application, topic, state, figure, note FROM sync_health ORDER BY application, topic
CREATE OR REPLACE VIEW sync_health AS
WITH last AS (
    SELECT application, arg_max({'run_id': run_id, 'version_seq': version_seq, 'finished_at': finished_at, 'outcome': outcome, 'note': note, 'gates': gates,
        'rejects': rejects, 'nights_left': nights_left, 'fetched': fetched}, (version_seq, started_at)) AS night
    FROM runs
    WHERE kind = 'sync'
    GROUP BY application
),
topics AS (
    SELECT l.application, 'run' AS topic, l.night.outcome IS NOT DISTINCT FROM 'published' AS is_ok,
        round((epoch(k.known_until) - epoch(l.night.finished_at)) / 3600)::BIGINT AS figure, concat_ws('; ', l.night.outcome, l.night.note) AS note
    FROM last AS l, knowledge AS k
    UNION ALL
    SELECT application, 'gates', night.gates IS NULL, coalesce(len(json_keys(night.gates)), 0), array_to_string(json_keys(night.gates), ', ')
    FROM last
    UNION ALL
    SELECT l.application, 'control totals', count(c.state) > 0 AND count(c.state) FILTER (c.state = 'differs') = 0, count(c.state) FILTER (c.state = 'differs'),
        count(c.state) FILTER (c.state = 'equal') || ' equal, ' || count(c.state) FILTER (c.state IN ('moving', 'explained')) || ' moving or explained'
    FROM last AS l
    LEFT JOIN control_totals AS c
        ON c.application = l.application
        AND c.run_id = l.night.run_id
    GROUP BY l.application
    UNION ALL
    SELECT l.application, 'user counters', count(m.counter) = 0, count(m.counter), NULL
    FROM last AS l
    LEFT JOIN user_count_mismatches AS m
        ON m.application = l.application
        AND m.run_id = l.night.run_id
    GROUP BY l.application
    UNION ALL
    SELECT l.application, 'promises', coalesce(sum(p.beyond), 0) = 0, coalesce(sum(p.beyond), 0)::BIGINT,
        string_agg(p.class || ' ' || p.beyond, ', ' ORDER BY p.class) FILTER (p.beyond > 0)
    FROM last AS l
    LEFT JOIN promises AS p
        ON p.application = l.application
        AND p.run_id = l.night.run_id
    GROUP BY l.application
    UNION ALL
    SELECT application, 'nights left', coalesce(night.nights_left = 0, false), coalesce(night.nights_left, -1), NULL
    FROM last
    UNION ALL
    SELECT application, 'rejects', coalesce(night.rejects, 0) = 0, coalesce(night.rejects, 0), NULL
    FROM last
    UNION ALL
    SELECT l.application, 'stale', count(s.session_id) = 0, count(s.session_id), NULL
    FROM last AS l
    LEFT JOIN (FROM session_state WHERE stale) AS s
        ON s.application = l.application
    GROUP BY l.application
    UNION ALL
    SELECT l.application, 'drift', count(d.path) = 0, count(d.path), string_agg(d.document || ' ' || d.path, ', ' ORDER BY d.document, d.path)
    FROM last AS l
    LEFT JOIN (
        SELECT DISTINCT u.application, u.document, u.path, u.kind, CASE WHEN u.kind = 'unknown_value' THEN u.example END AS example
        FROM drift AS u
        ANTI JOIN drift_decisions AS a
            ON a.document = u.document
            AND a.path = u.path
            AND a.kind = u.kind
            AND (u.kind <> 'unknown_value' OR a.example IS NOT DISTINCT FROM u.example)
    ) AS d
        ON d.application = l.application
    GROUP BY l.application
)
SELECT
    t.application,
    t.topic,
    CASE WHEN t.is_ok THEN 'ok' ELSE 'attention' END AS state,
    t.figure,
    nullif(t.note, '') AS note,
    l.night.run_id AS run_id,
    l.night.finished_at AS finished_at
FROM topics AS t
JOIN last AS l
    ON l.application = t.application
