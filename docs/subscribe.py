"""Read alerts with any Kafka client: python docs/subscribe.py localhost:9092

Every transition of every alert stands on `alerts.v1`, in order for each alert. Delivery is at least once: `ce_id` tells a repeat.
"""

import json
import sys

from kafka import KafkaConsumer

consumer = KafkaConsumer(
    "alerts.v1",
    bootstrap_servers=sys.argv[1],
    group_id="my-company",
    auto_offset_reset="earliest",
    enable_auto_commit=False,
    consumer_timeout_ms=int(sys.argv[2]) if len(sys.argv) > 2 else -1,
)
seen: set[bytes] = set()
for message in consumer:
    headers = dict(message.headers)
    if headers["ce_id"] not in seen:
        seen.add(headers["ce_id"])
        alert = json.loads(message.value)
        news = "" if not alert["standing"] else " (standing)"
        print(alert["transition"], alert["severity"], alert["subject"]["name"], "-", alert["headline"]["en"] + news)
    consumer.commit()
