# SPDX-License-Identifier: Apache-2.0
"""Partner Center as the simulator shows it: what it accepts, refuses and answers."""

import json
import re
import time
import unittest
import uuid

from simulator_client import (
    AT_ONCE, BOM, Case, CONTOSO, CUSTOMERS, device, FABRIKAM, GUID, HASH, PARTNER, PLAIN, TIMEOUT_S,
)


class Uploads(Case):
    def test_accepted(self):
        sim, c = self.simulate()
        ids = {"MS-RequestId": str(uuid.uuid4()), "MS-CorrelationId": str(uuid.uuid4())}
        answer = c.create([device()], headers=ids)
        self.assertEqual((answer.status, answer.body), (202, b""))
        self.assertEqual(answer.headers["Content-Length"], "0")
        self.assertRegex(answer.headers["Location"],
                         rf"^/customers/{CONTOSO}/batchJobStatus/{GUID.pattern}$")
        for name, value in ids.items():
            self.assertEqual(answer.headers[name], value)
        self.assertRegex(answer.headers["MS-CV"], r"^[A-Za-z0-9]{16}\.0$")
        self.assertEqual(c.append([device("SN-2")]).status, 202)
        self.assert_kinds(sim)

    def test_names_are_bound_without_case(self):
        sim, c = self.simulate({"jobs": AT_ONCE})
        answer = c.call("POST", f"/customers/{CONTOSO}/DEVICEBATCHES", {
            "BatchId": "B", "Devices": [{"SerialNumber": "SN-1", "HARDWAREHASH": HASH,
                                         "policies": None, "unknown": 1}]})
        self.assertEqual(answer.status, 202)
        self.assertEqual(c.call("GET", "/" + answer.headers["Location"]).status, 200)
        self.assertEqual([d["serial"] for d in sim.customer(CONTOSO)["devices"]], ["SN-1"])

    def test_invalid(self):
        _, c = self.simulate({"forms": PLAIN})
        cases = (
            ("no JSON", "{", "BatchId"),
            ("no name", {"devices": [device()]}, "BatchId"),
            ("empty name", {"batchId": "", "devices": [device()]}, "BatchId"),
            ("no devices", {"batchId": "B", "devices": []}, "Devices"),
            ("no object", {"batchId": "B", "devices": [device(), 1]}, "Devices[1]"),
            ("number", {"batchId": "B", "devices": [device(productKey=1)]},
             "Devices[0].ProductKey"),
            ("empty", {"batchId": "B", "devices": [device(), device("")]},
             "Devices[1].SerialNumber"),
        )
        for name, body, what in cases:
            with self.subTest(name):
                answer = c.call("POST", f"/customers/{CONTOSO}/deviceBatches", body)
                self.assertEqual(answer.status, 400)
                self.assertEqual(answer.body.decode(), json.dumps({
                    "code": "3000", "description": "Invalid property", "data": [what],
                    "source": "PartnerApiServiceControllers"}, separators=(",", ":")))
        self.assertEqual(c.call("GET", f"/customers/{CONTOSO}/deviceBatches").json()["items"], [])

    def test_empty_policies(self):
        sim, c = self.simulate()
        answer = c.create([device(policies=[])])
        self.assertEqual((answer.status, answer.json()["description"]),
                         (500, "Sequence contains no matching element"))
        self.assert_kinds(sim, "empty-policies")

    def test_content_type(self):
        sim, c = self.simulate()
        self.assertEqual(c.create([device()], headers={"Content-Type": "text/plain"}).status, 415)
        self.assert_kinds(sim, "content-type")

    def test_existing_batch(self):
        _, c = self.simulate()
        c.create([device()])
        answer = c.create([device("SN-2")])
        self.assert_error(answer, 400, "3000")
        self.assertEqual(answer.json()["data"], ["BatchId"])
        _, c = self.simulate({"existing_batch": "append"})
        c.create([device()])
        self.assertEqual(c.create([device("SN-2")]).status, 202)

    def test_unknown_batch(self):
        _, c = self.simulate()
        self.assert_error(c.append([device()]), 404, "1000")
        self.assert_error(c.listed(), 404, "1000")

    def test_batch_name_is_exact(self):
        sim, c = self.simulate({"jobs": AT_ONCE})
        c.create([device()], batch="Tag One/2")
        self.assertEqual(c.append([device("SN-2")], batch="Tag%20One%2F2").status, 202)
        self.assertEqual(c.create([device("SN-3")], batch="TAG one/2").status, 202)
        self.assert_kinds(sim, "batch-name-case")
        self.assertEqual([b["name"] for b in sim.customer(CONTOSO)["batches"]],
                         ["Tag One/2", "TAG one/2"])

    def test_request_ids(self):
        one = {"MS-RequestId": str(uuid.uuid4())}
        for honoured in (False, True):
            with self.subTest(honoured=honoured):
                sim, c = self.simulate(
                    {"request_ids": "honoured" if honoured else "ignored",
                     "jobs": AT_ONCE, "existing_batch": "append"})
                first = c.create([device()], headers=one).headers["Location"]
                again = c.create([device()], headers=one).headers["Location"]
                self.assertEqual(first == again, honoured)
                self.assertEqual([d["submitted"] for d in sim.customer(CONTOSO)["devices"]],
                                 [1 if honoured else 2])

    def test_large_body(self):
        sim, c = self.simulate({"jobs": AT_ONCE})
        devices = [{**device(f"SN-{i}"), "hardwareHash": HASH + f"{i:04}" + "A" * 3988}
                   for i in range(1000)]
        self.assertEqual(c.create(devices).status, 202)
        self.assertEqual(sim.customer(CONTOSO)["batches"], [{"name": "B", "devices": 1000}])


class Jobs(Case):
    def test_course(self):
        sim, c = self.simulate({"jobs": {"time": "400ms"}, "forms": PLAIN})
        accepted = c.create([device()])
        seen = []
        while not seen or seen[-1] != "finished":
            status = c.status(accepted).json()
            if not seen or seen[-1] != status["status"]:
                seen.append(status["status"])
            self.assertEqual("startedTime" in status, status["status"] != "queued")
            if status["status"] != "finished":
                self.assertIn(status.get("completedTime"), (None, "0001-01-01T00:00:00"))
        self.assertEqual(seen, ["queued", "processing", "finished"])
        self.assertEqual(sorted(status), ["attributes", "batchTrackingId", "completedTime",
                                          "devicesStatus", "startedTime", "status"])
        self.assertEqual(status["attributes"], {"objectType": "BatchUploadDetails"})
        listed = sim.customer(CONTOSO)["devices"][0]
        self.assertEqual(status["devicesStatus"], [
            {"deviceId": listed["id"], "serialNumber": "SN-1", "status": "finished",
             "attributes": {"objectType": "DeviceUploadDetails"}}])
        self.assertEqual((listed["submitted"], listed["registered"]), (1, 1))

    def test_running_entries(self):
        for form, entries in (("in_progress", ["in-progress"]), ("empty", [])):
            with self.subTest(form):
                _, c = self.simulate({"jobs": {"time": "never", "running": form}})
                accepted = c.create([device()])
                while (status := c.status(accepted).json())["status"] == "queued":
                    pass
                self.assertEqual(status["status"], "processing")
                self.assertEqual([e["status"] for e in status["devicesStatus"]], entries)

    def test_override(self):
        _, c = self.simulate({"jobs": {
            "override": [{"nth": 2, "time": "never"}, {"nth": 3, "forget_after": "0ms"}],
            "time": "0ms"}})
        self.assertEqual(c.status(c.create([device()])).json()["status"], "finished")
        stuck = c.append([device("SN-2")])
        self.assert_error(c.status(c.append([device("SN-3")])), 404, "1000")
        self.assertIn(c.status(stuck).json()["status"], ("queued", "processing"))

    def test_unknown_job(self):
        _, c = self.simulate()
        self.assert_error(c.call("GET", f"/customers/{CONTOSO}/batchJobStatus/{FABRIKAM}"), 404,
                          "1000")

    def verdicts(self, scenario, devices):
        _, c = self.simulate({"jobs": AT_ONCE, **scenario})
        return [(e["status"], e.get("errorCode"), e.get("errorDescription"))
                for e in c.entries(c.create(devices))]

    def test_rules(self):
        ok = ("finished", None, None)
        incomplete = ("finished_with_errors", "803", "MissingZtdSerialNumberAndProductKey")
        twice = ("finished_with_errors", None, "ZtdDeviceDuplicated")
        bad = ("finished_with_errors", "802", "InvalidZtdHardwareHash")
        unknown = ("finished_with_errors", "812", "ZtdDeviceNotFound")
        whole = {"serialNumber": "S", "oemManufacturerName": "M", "modelName": "N"}
        cases = (
            ("hash", {}, [{"hardwareHash": HASH}], [ok]),
            ("key", {}, [{"productKey": "1234567890123"}], [ok]),
            ("tuple", {}, [whole], [ok]),
            ("serial", {}, [{"serialNumber": "S"}], [incomplete]),
            ("serial and maker", {}, [{**whole, "modelName": None}], [incomplete]),
            ("nothing", {}, [{}], [incomplete]),
            ("same hash", {}, [device(), device(), device("SN-2")], [ok, twice, ok]),
            ("same tuple", {}, [whole, whole],
             [ok, ("finished_with_errors", "806", "ZtdDeviceAlreadyAssigned")]),
            ("other model", {}, [whole, {**whole, "modelName": "n"}], [ok, ok]),
            ("hash unchecked", {}, [{"hardwareHash": "AAAA"}], [ok]),
            ("hash checked", {"check_hash": True},
             [{"hardwareHash": h} for h in (HASH, "AAAA", HASH[:-1], HASH[:-1] + "!", "T0E=")],
             [ok, bad, bad, bad, ok]),
            ("maker asked", {"check_maker": True, "known_to_maker": ["S", "1234567890123"]},
             [whole, {**whole, "serialNumber": "T"}, {"productKey": "1234567890123"},
              {"productKey": "3210987654321"}, {"hardwareHash": HASH}],
             [ok, unknown, ok, unknown, ok]),
            ("scenario", {"verdicts": {"SN-1": {"code": "814", "name": "Made-up"},
                                       "SN-2": {"in_progress": True}}},
             [device(), device("SN-2"), device("SN-3")],
             [("finished_with_errors", "814", "Made-up"), ("in-progress", None, None), ok]),
        )
        for name, scenario, devices, expected in cases:
            with self.subTest(name):
                self.assertEqual(self.verdicts(scenario, devices), expected)

    def test_already_registered(self):
        sim, c = self.simulate({"jobs": AT_ONCE})
        c.entries(c.create([device()]))
        entry = c.entries(c.append([device()]))[0]
        self.assertEqual((entry["errorCode"], entry["errorDescription"]),
                         ("806", "ZtdDeviceAlreadyAssigned"))
        found = sim.customer(CONTOSO)["devices"]
        self.assertEqual([(d["submitted"], d["registered"]) for d in found], [(2, 1)])

    def test_claimed(self):
        _, c = self.simulate({"jobs": AT_ONCE, "customers": {
            "contoso": {"tenant": CONTOSO, "foreign": ["SN-9"]},
            "fabrikam": {"tenant": FABRIKAM}}})
        self.assertEqual([e.get("errorDescription") for e in c.entries(
            c.create([device(), device("SN-9")]))], [None, "ZtdDeviceAssignedToOtherTenant"])
        self.assertEqual([e.get("errorCode") for e in c.entries(
            c.create([device(), device("SN-9")], customer=FABRIKAM))], ["808", None])

    def test_verdict_for_some_times(self):
        _, c = self.simulate({"jobs": AT_ONCE, "verdicts": {
            "SN-1": {"code": "640", "name": "StorageError", "times": 2}}})
        c.create([device("SN-2")])
        codes = [c.entries(c.append([device()]))[0].get("errorCode") for _ in range(3)]
        self.assertEqual(codes, ["640", "640", None])

    def serials(self, jobs, n=6):
        _, c = self.simulate({"jobs": {**AT_ONCE, **jobs}})
        return [e.get("serialNumber")
                for e in c.entries(c.create([device(str(i)) for i in range(n)]))]

    def test_entries(self):
        everyone = [str(i) for i in range(6)]
        self.assertEqual(self.serials({}), everyone)
        self.assertEqual(self.serials({"order": "reversed"}), everyone[::-1])
        shuffled = self.serials({"order": "shuffled"})
        self.assertEqual(sorted(shuffled), everyone)
        self.assertNotEqual(shuffled, everyone)
        self.assertEqual(self.serials({"order": "shuffled"}), shuffled)  # the same seed
        self.assertEqual(self.serials({"omit": ["1"], "omit_nth": [1, 6]}), ["2", "3", "4"])
        self.assertEqual(self.serials({"identifiers": False}), [None] * 6)

    def test_hash_alone_leaves_no_identifiers(self):
        _, c = self.simulate({"jobs": AT_ONCE, "forms": PLAIN})
        self.assertEqual(c.entries(c.create([{"hardwareHash": HASH}])), [
            {"status": "finished", "attributes": {"objectType": "DeviceUploadDetails"}}])

    def test_finished_with_failed_devices(self):
        for word in ("finished", "finished_with_errors"):
            with self.subTest(word):
                _, c = self.simulate({"jobs": {"time": "0ms", "failed_status": word}})
                self.assertEqual(c.status(c.create([{}])).json()["status"], word)

    def test_list_delay(self):
        _, c = self.simulate({"jobs": {**AT_ONCE, "list_delay": "300ms"}})
        accepted = c.create([device()])
        self.assertEqual(c.entries(accepted)[0]["status"], "finished")
        before = time.monotonic()
        self.assertEqual(c.listed().json()["items"], [])
        while not c.listed().json()["items"]:
            self.assertLess(time.monotonic() - before, TIMEOUT_S)


class Listings(Case):
    def test_batches(self):
        _, c = self.simulate({"jobs": AT_ONCE, "forms": {**PLAIN, "bom": "always"}})
        c.create([device()], batch="Contoso HQ")
        answer = c.call("GET", f"/customers/{CONTOSO}/deviceBatches")
        item = answer.json()["items"][0]
        self.assertEqual(answer.body, BOM + json.dumps({
            "totalCount": 1, "items": [{
                "id": "Contoso HQ", "createdBy": "Northwind Partner",
                "creationDate": item["creationDate"], "devicesCount": 1,
                "devicesLink": {
                    "uri": f"/customers/{CONTOSO}/deviceBatches/Contoso HQ/devices",
                    "method": "GET", "headers": []},
                "attributes": {"objectType": "DeviceBatch"}}],
            "attributes": {"objectType": "Collection"}}, separators=(",", ":")).encode())
        self.assertEqual(answer.headers["Content-Type"], "application/json; charset=utf-8")

    def test_pages(self):
        _, c = self.simulate({"jobs": AT_ONCE})
        c.create([device(f"SN-{i}") for i in range(201)])
        found, sizes, headers = [], [], {}
        while headers is not None:
            page = c.listed(headers=headers).json()
            self.assertEqual(page["totalCount"], 201)
            found += [d["serialNumber"] for d in page["items"]]
            sizes.append(len(page["items"]))
            token = page.get("continuationToken")
            headers = {"MS-ContinuationToken": token} if token else None
        self.assertEqual(sizes, [100, 100, 1])
        self.assertEqual(found, [f"SN-{i}" for i in range(201)])
        for wrong in ("b3BhcXVlLXRva2VuLTE=", "x", "b3BhcXVlLQ==", "A" * 99):
            self.assertEqual(c.listed(headers={"MS-ContinuationToken": wrong}).status, 400)

    def test_device(self):
        _, c = self.simulate({"jobs": AT_ONCE, "forms": PLAIN})
        c.create([{"serialNumber": "S", "oemManufacturerName": "M", "modelName": "N"}])
        item = c.listed().json()["items"][0]
        self.assertRegex(item.pop("id"), GUID)
        self.assertRegex(item.pop("uploadedDate"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$")
        self.assertEqual(item, {
            "serialNumber": "S", "modelName": "N", "oemManufacturerName": "M",
            "policies": [{"key": "o_o_b_e", "value": None}],
            "allowedOperations": ["GET", "PATCH", "DELETE"],
            "attributes": {"objectType": "Device"}})

    def test_customers(self):
        _, c = self.simulate({"customers": CUSTOMERS, "forms": PLAIN})
        self.assertEqual(c.call("GET", "/customers").json()["totalCount"], 2)
        page = c.call("GET", "/customers?size=1").json()
        self.assertEqual([i["id"] for i in page["items"]], [CONTOSO])
        self.assertEqual(page["items"][0]["relationshipToPartner"], "reseller")
        self.assertEqual(page["items"][0]["companyProfile"]["domain"], "contoso.onmicrosoft.com")
        link = page["links"]["next"]
        self.assertEqual(link["uri"], "/customers?size=1&seekOperation=Next")
        self.assertEqual(link["headers"][0]["value"], page["continuationToken"])
        page = c.call("GET", link["uri"], headers={
            h["key"]: h["value"] for h in link["headers"]}).json()
        self.assertEqual([i["id"] for i in page["items"]], [FABRIKAM])
        self.assertNotIn("continuationToken", page)
        self.assertNotIn("next", page["links"])
        self.assertIn("allowDelegatedAccess", c.customer().json())

    def test_relationship_request(self):
        _, c = self.simulate({"partner": PARTNER, "forms": PLAIN})
        self.assertEqual(c.call("GET", "/customers/relationshiprequests").json(), {
            "url": "https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship"
                   f"&partnerId={PARTNER}&msppId=0&DAP=false#/BillingAccounts/partner-invitation",
            "attributes": {"objectType": "RelationshipRequest"}})

    def test_unknown_customer(self):
        _, c = self.simulate({"customers": CUSTOMERS})
        self.assert_error(c.customer(PARTNER), 404, "60003")
        self.assert_error(c.customer("contoso"), 400, "900118")

    def test_no_relationship(self):
        cases = (("forbidden", 403, 20002), ("forbidden_empty", 403, None),
                 ("not_found", 404, "60003"))
        for refusal, status, code in cases:
            with self.subTest(refusal):
                _, c = self.simulate({"customers": {"contoso": {
                    "tenant": CONTOSO, "relationship": "none", "refusal": refusal}}})
                for answer in (c.customer(), c.create([device()])):
                    self.assertEqual(answer.status, status)
                    self.assertEqual(answer.json()["code"] if answer.body else None, code)
                self.assertEqual(c.call("GET", "/customers").json()["items"], [])

    def test_relationship_shown(self):
        _, c = self.simulate({"customers": {"contoso": {
            "tenant": CONTOSO, "relationship": "advisor", "refusal": "shown"}}})
        self.assertEqual(c.customer().json()["relationshipToPartner"], "advisor")
        self.assertEqual(c.create([device()]).status, 403)


class Forms(Case):
    def test_bom(self):
        for bom, expected in (("always", {True}), ("never", {False}), ("random", {True, False})):
            with self.subTest(bom):
                _, c = self.simulate({"forms": {"bom": bom}})
                self.assertEqual({c.customer().body.startswith(BOM) for _ in range(30)}, expected)

    def test_times(self):
        plain = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
        forms = {"plain": plain, "offset": plain + r"\.\d{7}-07:00", "z": plain + "Z"}
        _, c = self.simulate({"jobs": AT_ONCE})
        accepted = c.create([device()])
        times = {c.status(accepted).json()["startedTime"] for _ in range(30)}
        for form in forms.values():
            self.assertTrue(any(re.fullmatch(form, t) for t in times), form)
        for name, form in forms.items():
            _, c = self.simulate({"jobs": AT_ONCE, "forms": {"times": name}})
            self.assertRegex(c.status(c.create([device()])).json()["startedTime"], f"^{form}$")

    def test_codes(self):
        for form, expected in (("reference", 20002), ("text", "20002"), ("number", 20002)):
            _, c = self.simulate({"forms": {"codes": form}, "customers": {
                "contoso": {"tenant": CONTOSO, "relationship": "none"}}})
            self.assert_error(c.customer(), 403, expected)
        _, c = self.simulate({"forms": {"codes": "number"}})
        self.assert_error(c.listed(), 404, 1000)

    def test_members(self):
        _, c = self.simulate()
        seen = [list(c.customer().json()) for _ in range(30)]
        self.assertGreater(len({tuple(s) for s in seen}), 5)
        self.assertTrue(any("serviceRegion" in s for s in seen))
        self.assertTrue(any("serviceRegion" not in s for s in seen))

    def test_seed(self):
        def run(seed):
            _, c = self.simulate(seed=seed)
            return [c.bearer, c.create([device()]).headers["Location"],
                    c.call("GET", f"/customers/{CONTOSO}").body]
        self.assertEqual(run(7), run(7))
        self.assertNotEqual(run(7), run(8))


if __name__ == "__main__":
    unittest.main()
