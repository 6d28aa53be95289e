package didittest

// A status of a session, as the vendor spells it.
type status uint8

const (
	notStarted status = iota
	inProgress
	awaitingUser
	inReview
	approved
	declined
	resubmitted
	expired
	kycExpired
	abandoned
)

var statusNames = [...]string{"Not Started", "In Progress", "Awaiting User", "In Review", "Approved", "Declined", "Resubmitted", "Expired", "Kyc Expired", "Abandoned"}

func (s status) String() string { return statusNames[s] }

// A feature is one check that a workflow runs.
type feature uint8

const (
	featID feature = iota
	featNFC
	featLiveness
	featFace
	featPOA
	featPhone
	featEmail
	featAML
	featIP
	featDB
	featQuestionnaire
	featAge
	featDocumentAI
	featRegistry
	featKYBDocuments
	featKeyPeople
	nFeatures
)

// The vendor has one vocabulary per place.
var (
	featureInRow      = [nFeatures]string{"ID_VERIFICATION", "NFC", "LIVENESS", "FACE_MATCH", "POA", "PHONE", "EMAIL_VERIFICATION", "AML", "IP_ANALYSIS", "DATABASE_VALIDATION", "QUESTIONNAIRE", "AGE_ESTIMATION", "", "", "", ""}
	featureInDecision = [nFeatures]string{"ID_VERIFICATION", "NFC", "LIVENESS", "FACE_MATCH", "POA", "PHONE", "EMAIL_VERIFICATION", "AML", "IP_ANALYSIS", "DATABASE_VALIDATION", "QUESTIONNAIRE", "AGE_ESTIMATION", "DOCUMENT_AI", "KYB_REGISTRY", "KYB_DOCUMENTS", "KYB_KEY_PEOPLE"}
	featureInEvents   = [nFeatures]string{"ID_VERIFICATION", "NFC", "LIVENESS", "FACE_MATCH", "POA", "PHONE", "EMAIL", "AML", "IP_ANALYSIS", "DATABASE_VALIDATION", "QUESTIONNAIRE", "AGE_ESTIMATION", "DOCUMENT_AI", "KYB_REGISTRY", "KYB_DOCUMENTS", "KYB_KEY_PEOPLE"}
	featureInWarning  = [nFeatures]string{"ID_VERIFICATION", "NFC", "LIVENESS", "FACEMATCH", "PROOF_OF_ADDRESS", "PHONE", "EMAIL", "AML", "LOCATION", "DATABASE_VALIDATION", "QUESTIONNAIRE", "LIVENESS", "DOCUMENT_AI", "KYB_REGISTRY", "KYB_DOCUMENTS", "KYB_KEY_PEOPLE"}
	featureInWorkflow = [nFeatures]string{"OCR", "NFC", "LIVENESS", "FACE_MATCH", "PROOF_OF_ADDRESS", "PHONE_VERIFICATION", "EMAIL_VERIFICATION", "AML", "IP_ANALYSIS", "DATABASE_VALIDATION", "QUESTIONNAIRE", "AGE_ESTIMATION", "DOCUMENT_AI", "KYB_REGISTRY", "KYB_DOCUMENTS", "KYB_KEY_PEOPLE"}
	nodeIDs           = [nFeatures]string{"feature_ocr_1", "feature_nfc_1", "feature_liveness_1", "feature_face_match_1", "feature_poa_1", "feature_phone_1", "feature_email_1", "feature_aml_1", "feature_ip_1", "feature_db_validation_1", "feature_questionnaire_1", "feature_liveness_1", "feature_document_ai_1", "feature_kyb_registry_1", "feature_kyb_documents_1", "feature_kyb_key_people_1"}
)

// A mask is a set of features.
type mask uint32

func set(fs ...feature) mask {
	var m mask
	for _, f := range fs {
		m |= 1 << f
	}
	return m
}

func (m mask) has(f feature) bool { return m&(1<<f) != 0 }

func (m mask) list() []feature {
	fs := make([]feature, 0, nFeatures)
	for f := range nFeatures {
		if m.has(f) {
			fs = append(fs, f)
		}
	}
	return fs
}

// The status of one feature.
type featureStatus uint8

const (
	featNotFinished featureStatus = iota
	featApproved
	featDeclined
	featInReview
	featResub
	featExpired // ID, phone and e-mail only
)

var featureStatusNames = [...]string{"Not Finished", "Approved", "Declined", "In Review", "Resub Requested", "Expired"}

func (s featureStatus) String() string { return featureStatusNames[s] }

// A workflow is the customer's configuration that a session runs under.
type workflow struct {
	label    string
	business bool
	weight   int
	features mask
	ocrNodes int
}

var workflows = []workflow{
	{"Identity", false, 18, set(featID, featLiveness, featFace, featIP), 1},
	{"Identity and screening", false, 40, set(featID, featLiveness, featFace, featAML, featIP), 1},
	{"Full onboarding", false, 14, set(featID, featNFC, featLiveness, featFace, featPhone, featEmail, featAML, featIP, featDB), 1},
	{"Proof of address", false, 12, set(featID, featLiveness, featFace, featPOA, featAML, featIP, featQuestionnaire), 1},
	{"Contact", false, 6, set(featPhone, featEmail, featIP), 0},
	{"Age gate", false, 4, set(featLiveness, featAge, featIP), 0},
	{"Two documents", false, 4, set(featID, featLiveness, featFace, featAML, featIP, featDocumentAI, featQuestionnaire), 2},
	{"Business", true, 60, set(featRegistry, featKYBDocuments, featKeyPeople, featAML, featPhone, featEmail, featIP, featQuestionnaire), 0},
	{"Business light", true, 40, set(featRegistry, featKeyPeople, featAML), 0},
}

const firstBusinessWorkflow = 7
