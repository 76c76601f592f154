# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on demand: every fault, and storms of requests."""

import http.client
import json
import time
import unittest

from simulator_client import AT_ONCE, Case, CONTOSO, CUSTOMERS, device, FABRIKAM


class Faults(Case):
    def faulty(self, *faults, **scenario):
        return self.simulate({"jobs": AT_ONCE, "faults": list(faults), **scenario})

    def submitted(self, sim):
        found = [c for c in sim.books()["customers"] if c["tenant"] == CONTOSO]
        return [d["submitted"] for c in found for d in c["devices"]]

    def test_when(self):
        then = {"status": 503}
        cases = (
            ({"nth": 2}, [200, 503, 200, 200, 200, 200]),
            ({"every": 2}, [200, 503, 200, 503, 200, 503]),
            ({"from": 2, "to": 3}, [200, 503, 503, 200, 200, 200]),
            ({"from": 5}, [200, 200, 200, 200, 503, 503]),
            ({}, [503] * 6),
            ({"chance": 0}, [200] * 6),
            ({"chance": 1}, [503] * 6),
        )
        for when, expected in cases:
            with self.subTest(when):
                _, c = self.faulty({"on": "customer", **when, "then": then})
                self.assertEqual([c.customer().status for _ in range(6)], expected)

    def test_chance(self):
        _, c = self.faulty({"on": "customer", "chance": 0.25, "then": {"status": 503}})
        hits = sum(c.customer().status == 503 for _ in range(100))
        self.assertTrue(5 <= hits <= 50, hits)

    def test_on(self):
        calls = {
            "token": lambda c: c.token(),
            "create": lambda c: c.create([device()]),
            "append": lambda c: c.append([device()]),
            "batches": lambda c: c.call("GET", f"/customers/{CONTOSO}/deviceBatches"),
            "devices": lambda c: c.listed(),
            "status": lambda c: c.call("GET", f"/customers/{CONTOSO}/batchJobStatus/{CONTOSO}"),
            "customer": lambda c: c.customer(),
            "customers": lambda c: c.call("GET", "/customers"),
            "relationship": lambda c: c.call("GET", "/customers/relationshiprequests"),
        }
        for operation in calls:
            sim, c = self.simulate()
            sim.post_scenario({"faults": [{"on": operation, "then": {"status": 599}}]})
            hit = [name for name, call in calls.items() if call(c).status == 599]
            self.assertEqual(hit, [operation])
        sim, c = self.simulate()
        sim.post_scenario({"faults": [{"on": "any", "then": {"status": 599}}]})
        self.assertEqual({call(c).status for call in calls.values()}, {599})

    def test_customer(self):
        for name in ("contoso", CONTOSO.upper()):
            _, c = self.faulty({"on": "any", "customer": name, "then": {"status": 503}},
                               customers=CUSTOMERS)
            self.assertEqual((c.customer().status, c.customer(FABRIKAM).status), (503, 200))

    def test_first_fault_wins_and_all_count(self):
        _, c = self.faulty({"on": "customer", "nth": 1, "then": {"status": 503}},
                           {"on": "customer", "nth": 1, "then": {"status": 502}},
                           {"on": "customer", "nth": 2, "then": {"status": 500}})
        self.assertEqual([c.customer().status for _ in range(3)], [503, 500, 200])

    def test_status(self):
        sim, c = self.faulty({"on": "create", "nth": 1, "then": {
            "status": 502, "headers": {"Content-Type": "text/html", "Retry-After": "3"},
            "body": "<html>"}}, {"on": "create", "nth": 2, "then": {
                "status": 500, "when": "after"}})
        answer = c.create([device()])
        self.assertEqual((answer.status, answer.body, answer.headers["Content-Type"],
                          answer.headers["Retry-After"]), (502, b"<html>", "text/html", "3"))
        self.assertEqual(self.submitted(sim), [])
        answer = c.create([device()])
        self.assertEqual((answer.status, answer.body, answer.headers["Location"]), (500, b"", None))
        self.assertEqual(self.submitted(sim), [1])

    def test_cut(self):
        for moment, submitted in (("before", []), ("after", [1])):
            with self.subTest(moment):
                sim, c = self.faulty({"on": "create", "then": {"cut": moment}})
                with self.assertRaises((http.client.RemoteDisconnected, ConnectionResetError)):
                    c.create([device()])
                self.assertEqual(self.submitted(sim), submitted)
                self.assertEqual([(r["status"], r["fault"]) for r in sim.requests("create")],
                                 [(0, "cut")])

    def test_truncate(self):
        _, c = self.faulty({"on": "customer", "then": {"truncate": 10}})
        with self.assertRaises(http.client.IncompleteRead) as caught:
            c.customer()
        self.assertEqual(len(caught.exception.partial), 10)

    def test_trickle(self):
        _, c = self.faulty({"on": "customer", "nth": 1, "then": {"trickle": 2000}})
        begin = time.monotonic()
        slow = c.customer()
        took = time.monotonic() - begin
        self.assertEqual((slow.status, slow.json()["id"]), (200, CONTOSO))
        self.assertGreater(took, len(slow.body) / 2000 * 0.8)

    def test_delay(self):
        sim, c = self.faulty({"on": "create", "then": {"delay": "300ms"}})
        begin = time.monotonic()
        self.assertEqual(c.create([device()]).status, 202)
        self.assertGreaterEqual(time.monotonic() - begin, 0.3)
        self.assertEqual(self.submitted(sim), [1])

    def test_hang(self):
        for moment, submitted in (("before", []), ("after", [1])):
            with self.subTest(moment):
                sim, c = self.faulty({"on": "create", "then": {"hang": moment}})
                connection = c.connect()
                connection.request("POST", f"/v1/customers/{CONTOSO}/deviceBatches",
                                   json.dumps({"batchId": "B", "devices": [device()]}),
                                   {"Authorization": "Bearer " + c.bearer,
                                    "Content-Type": "application/json"})
                connection.sock.settimeout(0.2)
                with self.assertRaises(TimeoutError):
                    connection.getresponse()
                self.assertEqual(self.submitted(sim), submitted)
                connection.close()
                self.assertEqual(c.customer().status, 200)

    def test_who_hangs_up_makes_room(self):
        _, c = self.faulty({"on": "customers", "then": {"hang": "before"}})
        for _ in range(300):  # more than there may be at once
            connection = c.connect()
            connection.request("GET", "/v1/customers")
            connection.close()
        self.assertEqual(c.customer().status, 200)

    def test_stops_while_somebody_waits(self):
        sim, c = self.faulty({"on": "customer", "nth": 1, "then": {"hang": "before"}},
                             {"on": "customer", "nth": 2, "then": {"delay": "1h"}},
                             {"on": "customer", "nth": 3, "then": {"trickle": 1}})
        waiting = [c.connect() for _ in range(3)]
        for connection in waiting:
            connection.request("GET", f"/v1/customers/{CONTOSO}",
                               headers={"Authorization": "Bearer " + c.bearer})
            while len(sim.requests("customer")) <= waiting.index(connection):
                pass
        sim.stop()
        for connection in waiting:
            connection.close()

    def test_throttle(self):
        _, c = self.faulty({"on": "customer", "nth": 1, "then": {"throttle": 57}},
                           {"on": "customer", "nth": 2,
                            "then": {"throttle": 2, "retry_as": "date"}})
        answer = c.customer()
        self.assertEqual((answer.status, answer.headers["Retry-After"],
                          answer.headers["Content-Type"]), (429, "57", "application/json"))
        self.assertEqual(answer.body, b'{ "statusCode": 429, "message": "Rate limit is exceeded. '
                                      b'Try again in 57 seconds." }')
        self.assertNotIn("MS-CV", answer.headers)
        self.assertRegex(c.customer().headers["Retry-After"],
                         r"^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$")

    def test_retry_too_early(self):
        sim, c = self.faulty({"on": "customer", "nth": 1, "then": {"throttle": 60}})
        c.customer()
        time.sleep(0.4)  # what comes at once may have been on its way
        c.customer(FABRIKAM)
        self.assert_kinds(sim)
        c.customer()
        self.assert_kinds(sim, "retry-too-early")

    def test_token_expired(self):
        _, c = self.faulty({"on": "customer", "nth": 1, "then": {"token_expired": True}})
        answer = c.customer()
        self.assertEqual((answer.status, answer.headers["WWW-Authenticate"]),
                         (401, 'Bearer error="invalid_token"'))
        self.assertEqual(c.customer().status, 401)
        self.assertEqual(c.sign_in().customer().status, 200)

    def test_storm(self):
        for per, other in (("customer", 200), ("partner", 429)):
            with self.subTest(per):
                _, c = self.simulate({"throttle": {"per": per, "requests": 2, "window": "1h",
                                                   "retry_after": 5}})
                self.assertEqual([c.customer().status for _ in range(3)], [200, 200, 429])
                self.assertEqual(c.customer(FABRIKAM).status, other)

    def test_storm_passes(self):
        _, c = self.simulate({"throttle": {"requests": 1, "window": "200ms", "retry_after": 0}})
        self.assertEqual([c.customer().status for _ in range(2)], [200, 429])
        time.sleep(0.25)
        self.assertEqual(c.customer().status, 200)


if __name__ == "__main__":
    unittest.main()
