#!/usr/bin/env bash
# The lake's bucket, an account that can add to it and read it but neither overwrite nor delete, and one for
# maintenance that can. With PUBLISH=yes the first may overwrite below published/ of the lake at LAKE, lake by default, for
# kycsync sync --publish.
#
#   PROJECT=acme LOCATION=europe-west1 BUCKET=acme-kyc setup.sh
set -euo pipefail
: "${PROJECT:?}" "${LOCATION:?}" "${BUCKET:?}"
cd "$(dirname "${BASH_SOURCE[0]}")"
sync="kycsync-sync@$PROJECT.iam.gserviceaccount.com"

gcloud storage buckets describe "gs://$BUCKET" >/dev/null 2>&1 ||
	gcloud storage buckets create "gs://$BUCKET" --project="$PROJECT" --location="$LOCATION" \
		--uniform-bucket-level-access --public-access-prevention --soft-delete-duration=30d

gcloud iam roles describe kycsyncWriter --project="$PROJECT" >/dev/null 2>&1 ||
	gcloud iam roles create kycsyncWriter --project="$PROJECT" --file=role.yaml
gcloud iam service-accounts describe "$sync" --project="$PROJECT" >/dev/null 2>&1 ||
	gcloud iam service-accounts create kycsync-sync --project="$PROJECT" --display-name="kycsync nightly job"
gcloud storage buckets add-iam-policy-binding "gs://$BUCKET" \
	--member="serviceAccount:$sync" --role="projects/$PROJECT/roles/kycsyncWriter" --condition=None

if [[ ${PUBLISH:-} == yes ]]; then
	published="projects/_/buckets/$BUCKET/objects/${LAKE-lake}/published/"
	published=${published/objects\/\/published/objects/published} # LAKE= is the bucket itself
	gcloud iam roles describe kycsyncPublisher --project="$PROJECT" >/dev/null 2>&1 ||
		gcloud iam roles create kycsyncPublisher --project="$PROJECT" --file=publisher-role.yaml
	gcloud storage buckets add-iam-policy-binding "gs://$BUCKET" \
		--member="serviceAccount:$sync" --role="projects/$PROJECT/roles/kycsyncPublisher" \
		--condition="title=kycsync-published,expression=resource.name.startsWith('$published')"
fi

# kycsync gc and kycsync recover act as another account, from another machine.
maintenance="kycsync-maintenance@$PROJECT.iam.gserviceaccount.com"
gcloud iam roles describe kycsyncMaintenance --project="$PROJECT" >/dev/null 2>&1 ||
	gcloud iam roles create kycsyncMaintenance --project="$PROJECT" --file=maintenance-role.yaml
gcloud iam service-accounts describe "$maintenance" --project="$PROJECT" >/dev/null 2>&1 ||
	gcloud iam service-accounts create kycsync-maintenance --project="$PROJECT" --display-name="kycsync gc"
gcloud storage buckets add-iam-policy-binding "gs://$BUCKET" \
	--member="serviceAccount:$maintenance" --role="projects/$PROJECT/roles/kycsyncMaintenance" --condition=None

# On GKE, let the Kubernetes account kyc/kycsync act as it:
#   gcloud iam service-accounts add-iam-policy-binding "$sync" --role=roles/iam.workloadIdentityUser \
#     --member="serviceAccount:$PROJECT.svc.id.goog[kyc/kycsync]"
# Whoever rebuilds a warehouse or verifies the lake reads it: roles/storage.objectViewer on the bucket.
